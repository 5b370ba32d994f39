"""`PromptCredential`: the questions, how often they are asked, in terminals, notebooks and without either."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest
from jupyter_client.manager import start_new_async_kernel

from asdk import ApiKey, ConfigurationError, Secret, TokenError, TokenRefusedError
from asdk.auth import (
    ClientCredentials,
    CredentialChain,
    MemoryTokenStore,
    PasswordGrant,
    PromptCredential,
)
from asdk.auth.credentials import prompt as module
from asdk.testing import Reply, VirtualClock
from tests.support.endpoints import URL, Endpoint, granted, refusal, source_of

if sys.platform != "win32":
    from tests.support.terminals import run_in_terminal


def login(username: str, password: Secret) -> PasswordGrant:
    return PasswordGrant(URL, username, password)


class Person:
    """A user who gives these answers in turn. None means that there is neither a terminal nor a notebook."""

    def __init__(self, *answers: str | None) -> None:
        self.questions: list[tuple[str, bool]] = []
        self.wait: Callable[[], Any] | None = None
        self._answers = list(answers)

    async def __call__(self, question: str, *, hidden: bool) -> Secret | None:
        self.questions.append((question, hidden))
        if self.wait is not None:
            await self.wait()
        answer = self._answers.pop(0)
        return None if answer is None else Secret(answer)


@pytest.fixture
def answers_with(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Person]:
    def install(*answers: str | None) -> Person:
        person = Person(*answers)
        monkeypatch.setattr(module, "ask_person", person)
        return person

    return install


async def test_a_slow_user_is_asked_once_for_all_callers(answers_with: Callable[..., Person]) -> None:
    person, clock = answers_with("ada", "pass"), VirtualClock()
    person.wait = lambda: clock.sleep(100)
    source, endpoint = source_of(PromptCredential(login), clock), Endpoint()

    async def late(number: int) -> str:
        await clock.sleep(number)
        return (await source.get(endpoint.send)).value.reveal()

    assert set(await asyncio.gather(*(late(number) for number in range(100)))) == {"t1"}
    assert person.questions == [("User name: ", False), ("Password: ", True)]
    assert endpoint.forms == [{"grant_type": "password", "username": "ada", "password": "pass"}]


async def test_refreshes_and_later_logins_do_not_ask_again(answers_with: Callable[..., Person]) -> None:
    person, clock = answers_with("ada", "pass"), VirtualClock()
    endpoint = Endpoint(
        granted("t1", "r1"), granted("t2", "r2"), refusal("invalid_grant"), granted("t3"), granted("t4")
    )
    source = source_of(PromptCredential(login), clock)
    for number in range(1, 5):
        assert (await source.get(endpoint.send)).value.reveal() == f"t{number}"
        await clock.sleep(101)
    assert endpoint.grants == ["password", "refresh_token", "refresh_token", "password", "password"]
    assert len(person.questions) == 2


async def test_a_stored_token_makes_the_password_unnecessary(answers_with: Callable[..., Person]) -> None:
    answers_with("pass")
    clock, store = VirtualClock(), MemoryTokenStore()
    endpoint = Endpoint(granted("t1", "r1"), granted("t2", "r2"))
    await source_of(PromptCredential(login, username="ada"), clock, store).get(endpoint.send)
    person = answers_with("ada")
    assert (await source_of(PromptCredential(login), clock, store).get(endpoint.send)).value.reveal() == "t1"
    assert person.questions == [("User name: ", False)]
    await clock.sleep(101)
    person = answers_with()
    token = await source_of(PromptCredential(login, username="ada"), clock, store).get(endpoint.send)
    assert token.value.reveal() == "t2"
    assert endpoint.grants == ["password", "refresh_token"]
    assert person.questions == []


async def test_the_stored_token_of_another_login_is_used(answers_with: Callable[..., Person]) -> None:
    person, store, endpoint = answers_with(), MemoryTokenStore(), Endpoint()
    first = await source_of(login("ada", Secret("pass")), store=store).get(endpoint.send)
    token = await source_of(PromptCredential(login, username="ada"), store=store).get(endpoint.send)
    assert token.value == first.value
    assert person.questions == []


async def test_the_placeholder_for_the_password_is_never_sent(answers_with: Callable[..., Person]) -> None:
    answers_with("pass", "pass")
    store, clock, endpoint = MemoryTokenStore(), VirtualClock(), Endpoint()
    for _ in range(2):  # the second finds an expired token without a refresh token
        await source_of(PromptCredential(login, username="ada"), clock, store).get(endpoint.send)
        await clock.sleep(101)
    assert [form["password"] for form in endpoint.forms] == ["pass", "pass"]


async def test_another_user_does_not_continue_with_the_previous_token(answers_with: Callable[..., Person]) -> None:
    class Steady(PasswordGrant):
        rotates_refresh_tokens = False

    answers_with("ada", "pass", "a", "b", "bob", "pass")
    clock = VirtualClock()
    endpoint = Endpoint(granted("t1", "r1"), Reply(401), *[refusal("invalid_grant")] * 3, granted("t2"))
    source = source_of(PromptCredential(lambda name, password: Steady(URL, name, password)), clock)
    await source.get(endpoint.send)
    await clock.sleep(101)
    with pytest.raises(TokenRefusedError):
        await source.get(endpoint.send)
    await clock.sleep(900)
    await source.get(endpoint.send)
    assert endpoint.forms[-1] == {"grant_type": "password", "username": "bob", "password": "pass"}


async def test_a_wrong_password_may_be_corrected_twice(answers_with: Callable[..., Person]) -> None:
    person = answers_with("ada", "pas", "pss", "pass")
    endpoint = Endpoint(refusal("invalid_grant"), Reply(401), granted("t1"))
    await source_of(PromptCredential(login)).get(endpoint.send)
    assert [form["password"] for form in endpoint.forms] == ["pas", "pss", "pass"]
    question, hidden = person.questions[2]
    assert hidden
    assert "(invalid_grant: because)" in question
    assert question.endswith("\nPassword: ")
    person = answers_with("bob", "a", "b", "c")
    endpoint, clock = Endpoint(*[refusal("invalid_grant")] * 3), VirtualClock()
    source = source_of(PromptCredential(login), clock)
    for _ in range(5):
        with pytest.raises(TokenRefusedError):
            await source.get(endpoint.send)
    assert len(endpoint.sent) == 3
    person = answers_with("ada", "pass")
    await clock.sleep(900)
    await source.get(Endpoint(granted("t1")).send)
    assert person.questions[0] == ("User name: ", False), "the user name may be the mistake"


class WrongPasswordError(TokenRefusedError):
    """An API's own error."""


class Explained(PasswordGrant):
    def map_error(self, error: TokenError) -> TokenError:
        return error.convert_to(WrongPasswordError, hint="ask the desk for a new one")


async def test_a_refusal_is_mapped_by_the_credential_that_logs_in(
    answers_with: Callable[..., Person],
) -> None:
    person, clock = answers_with("ada", "a", "b", "c", "ada"), VirtualClock()
    endpoint = Endpoint(*[refusal("invalid_grant")] * 3)
    source = source_of(PromptCredential(lambda username, password: Explained(URL, username, password)), clock)
    for _ in range(3):  # from the endpoint; from memory; after another check, with another question for the name
        with pytest.raises(WrongPasswordError, match="ask the desk"):
            await source.get(endpoint.send)
        await clock.sleep(0.6)
    assert len(endpoint.sent) == 3
    assert len(person.questions) == 5


async def test_an_unavailable_endpoint_does_not_cause_another_question(answers_with: Callable[..., Person]) -> None:
    person = answers_with("ada", "pass")
    await source_of(PromptCredential(login)).get(Endpoint(Reply(503), Reply(503), granted("t1")).send)
    assert len(person.questions) == 2


@pytest.mark.parametrize("reply", [refusal("invalid_client", 401), refusal("invalid_scope"), Reply(423), Reply(403)])
async def test_a_refusal_unrelated_to_the_password_is_raised(answers_with: Callable[..., Person], reply: Reply) -> None:
    person = answers_with("ada", "pass")
    with pytest.raises(TokenRefusedError):
        await source_of(PromptCredential(login)).get(Endpoint(reply).send)
    assert len(person.questions) == 2


@pytest.mark.parametrize("answers", [[None], ["ada", None]])
async def test_without_a_terminal_it_fails_immediately_with_the_advice(
    answers_with: Callable[..., Person], answers: list[str | None]
) -> None:
    answers_with(*answers)
    source = source_of(PromptCredential(login, instead="set APP_USERNAME and APP_PASSWORD"))
    endpoint = Endpoint()
    with pytest.raises(ConfigurationError, match="set APP_USERNAME and APP_PASSWORD"):
        await source.get(endpoint.send)
    assert endpoint.sent == []


async def test_a_user_who_does_not_answer_is_asked_again_later(answers_with: Callable[..., Person]) -> None:
    answers_with("", "ada", "", "pass")
    clock, endpoint = VirtualClock(), Endpoint()
    source = source_of(PromptCredential(login), clock)
    for _ in range(2):
        with pytest.raises(ConfigurationError):
            await source.get(endpoint.send)
        await clock.sleep(5)
    await source.get(endpoint.send)


async def test_it_may_be_the_last_credential_of_a_chain(answers_with: Callable[..., Person]) -> None:
    person = answers_with("ada", "pass")
    chain = CredentialChain(ClientCredentials(URL, "app", lambda: ""), PromptCredential(login))
    endpoint = Endpoint(Reply(json=granted("t1", "r1"), delay=20), granted("t2"))
    clock = VirtualClock()
    source = source_of(chain, clock, MemoryTokenStore())
    await asyncio.gather(*(source.get(endpoint.send) for _ in range(10)))
    await clock.sleep(101)
    await source.get(endpoint.send)
    assert endpoint.grants == ["password", "refresh_token"]
    assert len(person.questions) == 2
    assert chain.identity is not None
    assert chain.identity.account == "ada"


async def test_an_empty_username_is_not_asked_for(answers_with: Callable[..., Person]) -> None:
    person = answers_with("key-1234")
    credential = PromptCredential(lambda _, key: ApiKey(key), username="", password_prompt="API key: ")
    token = await source_of(credential).get(Endpoint().send)
    assert token.headers["X-API-Key"] == "key-1234"
    assert person.questions == [("API key: ", True)]


async def test_its_repr_and_attributes_do_not_contain_the_password(answers_with: Callable[..., Person]) -> None:
    answers_with("ada", "pass-4711")
    credential = PromptCredential(login)
    await source_of(credential).get(Endpoint().send)
    assert "4711" not in f"{credential!r} {credential} {vars(credential)}"


# --- a real terminal ---------------------------------------------------------------------------------------------

SCRIPT = """
import asyncio, sys
from asdk import ConfigurationError, Token, TokenSource
from asdk.auth import Credential, PromptCredential

class Login(Credential):
    def __init__(self, username, password):
        self.username, self.password = username, password

    async def fetch(self, send):
        return Token(value=f"{self.username}-{self.password.reveal()[::-1]}", lifetime=100)

source = TokenSource(PromptCredential(Login))
ticks = 0

async def tick():
    global ticks
    while True:
        ticks += 1
        await asyncio.sleep(0.01)
"""

terminal = pytest.mark.skipif(sys.platform == "win32", reason="there is no pty on Windows")


@terminal
def test_a_terminal_is_read_while_the_loop_runs() -> None:
    script = (
        SCRIPT
        + """
async def main():
    ticker = asyncio.create_task(tick())
    tokens = await asyncio.gather(*(source.get(None) for _ in range(100)))
    ticker.cancel()
    print({token.value.reveal() for token in tokens}, "ticks" if ticks > 4 else "stopped")

asyncio.run(main())
"""
    )
    screen = run_in_terminal(script, [("User name: ", "ada\n"), ("Password: ", "pass-4711\n")])
    assert "{'ada-1174-ssap'} ticks" in screen
    assert "pass-4711" not in screen
    assert screen.count("Password: ") == 1


@terminal
def test_an_interrupt_stops_the_program_and_restores_the_echo() -> None:
    script = (
        SCRIPT
        + """
import termios
try:
    asyncio.run(source.get(None))
except KeyboardInterrupt:
    print("interrupted", "echo" if termios.tcgetattr(0)[3] & termios.ECHO else "hidden")
"""
    )
    screen = run_in_terminal(script, [("User name: ", "ada\n"), ("Password: ", "^C")])
    assert "interrupted echo" in screen


@terminal
def test_the_end_of_input_in_a_terminal_is_not_an_answer() -> None:
    script = (
        SCRIPT
        + """
try:
    asyncio.run(source.get(None))
except ConfigurationError as error:
    print(error)
"""
    )
    assert "no login was entered" in run_in_terminal(script, [("User name: ", "\x04")])


async def test_a_pipe_is_not_a_terminal() -> None:
    source = source_of(PromptCredential(login, instead="set APP_PASSWORD"))
    with pytest.raises(ConfigurationError, match="set APP_PASSWORD"):
        await source.get(Endpoint().send)


# --- a real notebook ---------------------------------------------------------------------------------------------


async def test_a_notebook_asks_in_its_input_field() -> None:
    assert (
        await outputs_of_cell([("User name: ", False, "ada"), ("Password: ", True, "pass-4711")]) == "{'ada-1174-ssap'}"
    )


async def test_a_notebook_without_input_is_not_asked() -> None:
    assert "ConfigurationError: a login prompt needs a terminal or a notebook" in await outputs_of_cell(None)


async def test_an_interrupt_in_a_notebook_leaves_the_kernel_alive() -> None:
    interrupt = "import os, signal, threading\nthreading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
    output = await outputs_of_cell([("User name: ", False, None)], before=interrupt, after="print('alive')")
    assert "ConfigurationError: no login was entered" in output
    assert output.endswith("alive")


async def outputs_of_cell(
    dialogue: list[tuple[str, bool, str | None]] | None, *, before: str = "", after: str = ""
) -> str:
    """Return the output of a cell that needs a token.

    Args:
        dialogue: each question, whether its answer is hidden, and the answer, None for an interrupt. Without a
            dialogue, the notebook accepts no input.
        before: code at the start of the cell.
        after: the code of a second cell.
    """
    manager, client = await start_new_async_kernel(startup_timeout=180, kernel_name="python3")
    lines: list[str] = []
    left = list(dialogue or ())

    def answer(message: dict[str, Any]) -> None:
        prompt, hidden, reply = left.pop(0)
        assert (message["content"]["prompt"], message["content"]["password"]) == (prompt, hidden)
        if reply is not None:
            client.input(reply)

    def note(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "stream":
            lines.append(content["text"])
        elif message["msg_type"] == "error":
            lines.append(f"{content['ename']}: {content['evalue']}")

    cell = "tokens = await asyncio.gather(*(source.get(None) for _ in range(10)))\n"
    cell += "print({token.value.reveal() for token in tokens})"
    try:
        for code in (SCRIPT + before + cell, after):
            await client.execute_interactive(
                code, allow_stdin=dialogue is not None, stdin_hook=answer, output_hook=note, timeout=120
            )
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
    assert left == []
    return "".join(lines).strip()
