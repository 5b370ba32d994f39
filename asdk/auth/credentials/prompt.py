"""`PromptCredential`: asks a person, in a terminal or a notebook, and fails at once where there is nobody to ask.

A terminal is read in a thread, so the event loop goes on meanwhile. A notebook takes input only in the middle of a
cell, from the thread that runs it: there the loop stands still, as it does for `input`.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from getpass import getpass
from typing import Any, TypeVar

import attrs

from asdk.auth.credentials.base import Credential
from asdk.auth.identity import Identity
from asdk.auth.token import Token
from asdk.errors import ConfigurationError, TokenError, TokenRefusedError
from asdk.secret import Secret
from asdk.transports.base import Handler

if sys.platform != "win32":
    import termios

T = TypeVar("T")

# How often a person may mistype a password before the refusal stands.
_TRIES = 3

# Stands for the password while it is not known; it is never sent.
_UNKNOWN = Secret("not-asked-yet")

# One question at a time on the one terminal of this process.
_terminal = threading.Lock()


class PromptCredential(Credential):
    """Asks for a user name and a password when a login is needed, and logs in with another credential.

    The password is asked for once, kept in memory, and asked for again when it is refused. Where a store has a token of
    this user, or one that can be renewed, nobody is asked.

    Args:
        make: makes the credential that logs in, from the user name and the password.
        username: the user name if it is known: then only the password is asked for. Empty for a login that has none,
            such as by an API key.
        username_prompt: the question for the user name.
        password_prompt: the question for the password.
        instead: what to do where nobody can be asked, such as ``"set MGNIFY_USERNAME and MGNIFY_PASSWORD"``.
        timeout: how many seconds the person has for an answer.

    Example:
        ``PromptCredential(lambda username, password: PasswordGrant(url, username, password))``
    """

    def __init__(
        self,
        make: Callable[[str, Secret], Credential],
        *,
        username: str | None = None,
        username_prompt: str = "User name: ",
        password_prompt: str = "Password: ",
        instead: str = "give the credential its secret as an argument",
        timeout: float = 600.0,
    ) -> None:
        self._make = make
        self._given = self._username = username
        self._username_prompt = username_prompt
        self._password_prompt = password_prompt
        self._instead = instead
        self.fetch_timeout = timeout
        # With the password that was given; and one without any, which knows whose token it is and how to renew it.
        self._login: Credential | None = None
        self._blank: Credential | None = None
        self._last: Credential | None = None  # the blank one of the user who was asked for last

    @property
    def identity(self) -> Identity | None:
        blank = self._without_password()
        identity = None if blank is None else blank.identity
        # No seed: whichever password a person gives, the account is the same.
        return None if identity is None else attrs.evolve(identity, seed=None)

    async def run(self, ask: Callable[[Credential], Awaitable[T]]) -> T:
        if self._username is None:
            self._username = (await self._answer(self._username_prompt, hidden=False)).reveal()
        self._without_password()
        return await ask(self)

    async def fetch(self, send: Handler) -> Token:
        question = self._password_prompt
        refusal: TokenRefusedError | None = None
        for _ in range(_TRIES):
            if self._login is None:
                self._login = self._make(self._username or "", await self._answer(question, hidden=True))
            try:
                return await self._login.fetch(send)
            except TokenRefusedError as error:
                self._login, refusal = None, error.copy()
            if not _is_about_password(refusal):
                break
            question = f"{refusal.message}\n{self._password_prompt}"
        self._username, self._blank = self._given, None  # the name may be what was wrong
        try:
            raise refusal or ConfigurationError(self._instead)
        finally:
            del refusal

    async def refresh(self, token: Token, send: Handler) -> Token:
        renewer = self._login or self._without_password()
        if renewer is None or token.refresh_token is None or type(renewer).refresh is Credential.refresh:
            return await self.fetch(send)
        return await renewer.refresh(token, send)

    def map_error(self, error: TokenError) -> TokenError:
        return error if self._last is None else self._last.map_error(error)

    def _without_password(self) -> Credential | None:
        """What knows whose token it is; None while the user is not known."""
        if self._blank is None and self._username is not None:
            blank = self._blank = self._last = self._make(self._username, _UNKNOWN)
            self.refresh_before, self.rotates_refresh_tokens = blank.refresh_before, blank.rotates_refresh_tokens
        return self._blank

    async def _answer(self, question: str, *, hidden: bool) -> Secret:
        answer = await ask_person(question, hidden=hidden)
        if answer is not None and answer:
            return answer
        what = "nobody can be asked here, which is no terminal and no notebook" if answer is None else "nobody answered"
        raise ConfigurationError(f"{what}: {self._instead}")

    def __repr__(self) -> str:
        return f"PromptCredential({self._blank if self._username is None else self._username!r})"


def _is_about_password(refusal: TokenRefusedError) -> bool:
    """Whether another answer may help: not if it is the client, the scope or a locked account that is refused."""
    return refusal.code == "invalid_grant" or (refusal.status == 401 and refusal.code != "invalid_client")


async def ask_person(question: str, *, hidden: bool) -> Secret | None:
    """The answer of whoever sits there, empty if there was none; None if nobody does."""
    kernel = _notebook_kernel()
    if kernel is not None:
        return _ask_in_notebook(kernel, question, hidden=hidden)
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        return None
    return await _TerminalQuestion(question, hidden=hidden).answer()


def _notebook_kernel() -> Any:
    """The kernel that runs this program, if one does: imported by then, for it is what imports everything else."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None)


def _ask_in_notebook(kernel: Any, question: str, *, hidden: bool) -> Secret | None:
    try:
        with _interruptible():
            return Secret(kernel.getpass(question) if hidden else kernel.raw_input(question))
    except NotImplementedError:  # the frontend has no field for it: nbconvert, papermill
        return None
    except (EOFError, KeyboardInterrupt):  # an interrupt that left the task of the flight would end the kernel
        return Secret("")


@contextmanager
def _interruptible() -> Generator[None, None, None]:
    """In a cell that awaits, IPython turns an interrupt into a cancellation, which has to wait for the event loop, and
    that stands still: the old way is put back for as long as the question stands."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _TerminalQuestion:
    """One question on the terminal, read by a thread of its own."""

    def __init__(self, question: str, *, hidden: bool) -> None:
        self._question = question
        self._hidden = hidden
        self._answer: asyncio.Future[Secret] = asyncio.get_running_loop().create_future()
        self._modes: list[Any] | None = None

    async def answer(self) -> Secret:
        """What was typed; empty if the terminal was closed instead."""
        # A daemon: a loop that ends, or a program that is interrupted, does not wait for somebody to press return.
        threading.Thread(target=self._read, name="asdk prompt", daemon=True).start()
        try:
            return await self._answer
        finally:
            if self._answer.cancelled():
                self._restore_echo()

    def _read(self) -> None:
        with _terminal:
            try:
                if sys.platform != "win32":
                    self._modes = termios.tcgetattr(sys.stdin)
                given = Secret(getpass(self._question) if self._hidden else input(self._question))
            except Exception:  # noqa: BLE001 - whatever a terminal does, somebody waits for an answer
                given = Secret("")
        with suppress(RuntimeError):  # the loop has ended, and whoever waited with it
            self._answer.get_loop().call_soon_threadsafe(self._settle, given)

    def _settle(self, given: Secret) -> None:
        if not self._answer.done():
            self._answer.set_result(given)

    def _restore_echo(self) -> None:
        """The thread, which reads on, has made the terminal hide what is typed."""
        if sys.platform != "win32" and self._modes is not None:
            with suppress(termios.error, ValueError):
                termios.tcsetattr(sys.stdin, termios.TCSANOW, self._modes)
