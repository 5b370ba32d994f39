"""`PromptCredential`: asks the user in a terminal or a notebook, and fails immediately if there is neither.

A terminal is read in a thread, so the event loop keeps running meanwhile. A notebook accepts input only during a cell,
from the thread that runs it, so the event loop stops meanwhile, as it does for `input`.
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
from asdk.redaction import show
from asdk.secret import Secret
from asdk.transports.base import Handler

if sys.platform != "win32":
    import termios

T = TypeVar("T")

# How many passwords a user may try before the refusal is raised.
_MAX_ATTEMPTS = 3

# The password of the credential that is made before the user was asked; it is never sent.
_PLACEHOLDER = Secret("not-asked-yet")

# Only one question at a time may use the process's terminal.
_terminal = threading.Lock()


class PromptCredential(Credential):
    """A prompt for a user name and a password, used when a login is needed, around the credential that logs in.

    The password is asked for once, kept in memory, and asked for again when it is refused. The user is not asked if a
    store has a valid token of this user, or one that can be refreshed.

    Args:
        make: makes the credential that logs in, from the user name and the password.
        username: the user name if it is known: then only the password is asked for. Empty for a login without one,
            such as by an API key.
        username_prompt: the question for the user name.
        password_prompt: the question for the password.
        instead: the advice if there is no terminal, such as ``"set MGNIFY_USERNAME and MGNIFY_PASSWORD"``.
        timeout: seconds that the user has to answer.

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
        instead: str = "pass the credential its secret as an argument",
        timeout: float = 600.0,
    ) -> None:
        self._make = make
        self._given = self._username = username
        self._username_prompt = username_prompt
        self._password_prompt = password_prompt
        self._instead = instead
        self.fetch_timeout = timeout
        # With the user's password; and with a placeholder, to know whose token it is and how to refresh it.
        self._login: Credential | None = None
        self._passwordless: Credential | None = None
        self._last: Credential | None = None  # the passwordless one of the last user, for the mapping of errors

    @property
    def identity(self) -> Identity | None:
        """Return whose token it is, or None before the user name is known."""
        passwordless = self._without_password()
        identity = None if passwordless is None else passwordless.identity
        # No seed: the account is the same for every password.
        return None if identity is None else attrs.evolve(identity, seed=None)

    async def run(self, ask: Callable[[Credential], Awaitable[T]]) -> T:
        """Run one refresh after asking for the user name, if it is not known."""
        if self._username is None:
            self._username = (await self._answer(self._username_prompt, hidden=False)).reveal()
        self._without_password()
        return await ask(self)

    async def fetch(self, send: Handler) -> Token:
        """Log in, with the password asked for if necessary, up to three times."""
        question = self._password_prompt
        refusal: TokenRefusedError | None = None
        for _ in range(_MAX_ATTEMPTS):
            if self._login is None:
                self._login = self._make(self._username or "", await self._answer(question, hidden=True))
            try:
                return await self._login.fetch(send)
            except TokenRefusedError as error:
                self._login, refusal = None, error.copy()
            if not _is_about_password(refusal):
                break
            question = f"{show(refusal.message, None)}\n{self._password_prompt}"
        self._username, self._passwordless = self._given, None  # the user name may be the mistake
        try:
            raise refusal or ConfigurationError(self._instead)
        finally:
            del refusal

    async def refresh(self, token: Token, send: Handler) -> Token:
        """Obtain the next token without a password if possible, or log in."""
        credential = self._login or self._without_password()
        if credential is None or token.refresh_token is None or type(credential).refresh is Credential.refresh:
            return await self.fetch(send)
        return await credential.refresh(token, send)

    def map_error(self, error: TokenError) -> TokenError:
        """Return the error as the credential that logs in maps it."""
        return error if self._last is None else self._last.map_error(error)

    def _without_password(self) -> Credential | None:
        """Return a credential with a placeholder for the password, or None before the user name is known."""
        if self._passwordless is None and self._username is not None:
            made = self._passwordless = self._last = self._make(self._username, _PLACEHOLDER)
            self.refresh_before: float = made.refresh_before
            self.rotates_refresh_tokens: bool = made.rotates_refresh_tokens
        return self._passwordless

    async def _answer(self, question: str, *, hidden: bool) -> Secret:
        answer = await ask_person(question, hidden=hidden)
        if answer is not None and answer:
            return answer
        problem = "a login prompt needs a terminal or a notebook" if answer is None else "no login was entered"
        raise ConfigurationError(f"{problem}; {self._instead}")

    def __repr__(self) -> str:
        return f"PromptCredential({self._passwordless if self._username is None else self._username!r})"


def _is_about_password(refusal: TokenRefusedError) -> bool:
    """Return True if another password may help: not if the client, the scope or a locked account was refused."""
    return refusal.code == "invalid_grant" or (refusal.status == 401 and refusal.code != "invalid_client")


async def ask_person(question: str, *, hidden: bool) -> Secret | None:
    """Return the user's answer, empty if there was none, or None without a terminal or a notebook."""
    kernel = _notebook_kernel()
    if kernel is not None:
        return _ask_in_notebook(kernel, question, hidden=hidden)
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        return None
    return await _TerminalQuestion(question, hidden=hidden).answer()


def _notebook_kernel() -> Any:
    """Return the notebook kernel that runs this program, if any. Its modules were imported before any other."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None)


def _ask_in_notebook(kernel: Any, question: str, *, hidden: bool) -> Secret | None:
    try:
        with _interruptible():
            return Secret(kernel.getpass(question) if hidden else kernel.raw_input(question))
    except NotImplementedError:  # the frontend accepts no input: nbconvert, papermill
        return None
    except (EOFError, KeyboardInterrupt):  # an interrupt that propagates from the refresh task would stop the kernel
        return Secret("")


@contextmanager
def _interruptible() -> Generator[None, None, None]:
    """Restore Python's own interrupt handler for the block.

    In a cell that awaits, IPython turns an interrupt into a cancellation, which the event loop would deliver, but the
    loop is stopped while the question is open.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _TerminalQuestion:
    """A question on the terminal, answered in a thread of its own."""

    def __init__(self, question: str, *, hidden: bool) -> None:
        self._question = question
        self._hidden = hidden
        self._answer: asyncio.Future[Secret] = asyncio.get_running_loop().create_future()
        self._modes: list[Any] | None = None

    async def answer(self) -> Secret:
        """Return the input, empty if the terminal was closed instead."""
        # A daemon thread, not `run_in_thread`: neither a loop that shuts down nor an interrupted program waits until
        # the user presses return.
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
            except Exception:  # noqa: BLE001 - after any error of the terminal, a caller still waits for an answer
                given = Secret("")
        with suppress(RuntimeError):  # the loop was closed, together with the caller
            self._answer.get_loop().call_soon_threadsafe(self._settle, given)

    def _settle(self, given: Secret) -> None:
        if not self._answer.done():
            self._answer.set_result(given)

    def _restore_echo(self) -> None:
        """Show typed input again: the thread, which is still reading, has disabled that."""
        if sys.platform != "win32" and self._modes is not None:
            with suppress(termios.error, ValueError):
                termios.tcsetattr(sys.stdin, termios.TCSANOW, self._modes)
