"""The single flight of a token: who waits, who leads, what is shared, and what a failure costs."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import anyio
import pytest

from asdk import (
    ConfigurationError,
    Tenant,
    Token,
    TokenError,
    TokenRefusedError,
    TokenSource,
    TokenUnavailableError,
    TransportError,
)
from asdk.auth import ApiKey, Credential, Identity, MemoryTokenStore, TokenRecord, json_request, send_token_request
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.testing import MemoryTransport, Reply, VirtualClock
from asdk.transports.base import Handler
from tests.support.failures import assert_clean

TOKEN_URL = "https://api.example.org/token"


class Login(Credential):
    """Asks the token endpoint; the reply says what the token is."""

    def __init__(self, url: str = TOKEN_URL) -> None:
        self.url = url

    @property
    def identity(self) -> Identity:
        return Identity(url=self.url, kind="login")

    async def fetch(self, send: Handler) -> Token:
        return await self._ask(send, "login")

    async def _ask(self, send: Handler, grant: str) -> Token:
        data = (await send_token_request(send, json_request(self.url, {"grant": grant}))).json()
        return Token(value=data["token"], lifetime=data.get("life"), refresh_token=data.get("refresh"))


class Renewable(Login):
    """Has a renewal of its own, which the endpoint may refuse."""

    async def refresh(self, token: Token, send: Handler) -> Token:
        return await self._ask(send, "refresh")


def issuing(*, life: float | None = 100.0, delay: float = 0.0) -> MemoryTransport:
    """A token endpoint that counts: t1, t2, t3, ..."""
    transport = MemoryTransport()

    def answer(request: Request) -> Reply:
        return Reply(json={"token": f"t{len(transport.sent)}", "life": life}, delay=delay)

    transport = MemoryTransport(answer)
    return transport


def source_of(credential: Credential | None = None, clock: VirtualClock | None = None) -> TokenSource:
    return TokenSource(credential or Login(), clock=clock or VirtualClock())


async def gather(calls: int, call: Callable[[], Awaitable[Token]]) -> list[Token | BaseException]:
    return await asyncio.gather(*(call() for _ in range(calls)), return_exceptions=True)


# --- rule 1 to 3: fresh, window, expired ----------------------------------------------------------------------------


async def test_a_fresh_token_is_a_synchronous_look() -> None:
    endpoint, source = issuing(), source_of()
    assert source.peek() is None
    token = await source.get(endpoint.send)
    assert source.peek() is token
    assert await source.get(endpoint.send) is token
    assert len(endpoint.sent) == 1


async def test_ten_thousand_callers_on_an_expired_token_make_one_request() -> None:
    asyncio.get_running_loop().set_debug(False)  # it notes where each of so many futures was made
    clock = VirtualClock()
    endpoint, source = issuing(delay=0.05), source_of(clock=clock)
    await source.get(endpoint.send)
    await clock.sleep(101)

    tokens = await gather(10_000, lambda: source.get(endpoint.send, within=60))

    assert {token.value.reveal() for token in tokens if isinstance(token, Token)} == {"t2"}
    assert len(tokens) == 10_000
    assert len(endpoint.sent) == 2


async def test_a_call_in_the_refresh_window_never_waits_for_the_endpoint() -> None:
    clock = VirtualClock(auto=False)
    endpoint, source = issuing(), source_of(clock=clock)
    first = await source.get(endpoint.send)
    stuck: asyncio.Event = asyncio.Event()

    async def slow(request: Request) -> Response:
        await stuck.wait()
        return await endpoint.send(request)

    await clock.advance(95)
    assert source.peek() is None, "95 s into a life of 100 s is inside the window of at most 10 s"
    for _ in range(50):
        with anyio.fail_after(30):
            assert await source.get(slow) is first
    stuck.set()
    await clock.advance(0)
    second = source.peek()
    assert second is not None
    assert second.value.reveal() == "t2"
    assert len(endpoint.sent) == 2


async def test_the_window_is_at_most_a_tenth_of_the_life() -> None:
    clock = VirtualClock(auto=False)
    source, endpoint = source_of(clock=clock), issuing(life=2.0)
    await source.get(endpoint.send)
    await clock.advance(1.7)
    assert source.peek() is not None
    await clock.advance(0.25)
    assert source.peek() is None


async def test_a_token_without_lifetime_is_asked_for_once() -> None:
    clock = VirtualClock()
    source, endpoint = source_of(clock=clock), issuing(life=None)
    await source.get(endpoint.send)
    await clock.sleep(10_000_000)
    assert source.peek() is not None
    assert len(endpoint.sent) == 1


async def test_the_life_counts_from_when_the_request_was_sent() -> None:
    clock = VirtualClock()
    source, endpoint = source_of(clock=clock), issuing(life=10.0, delay=4.0)
    began = clock.time()
    token = await source.get(endpoint.send)
    assert token.issued_at == pytest.approx(began)
    await clock.sleep(6.5)
    assert source.peek() is None
    assert (await source.get(endpoint.send)).value.reveal() == "t2"


async def test_a_wall_clock_that_jumped_ahead_ends_the_token() -> None:
    clock = VirtualClock()
    source, endpoint = source_of(clock=clock), issuing()
    await source.get(endpoint.send)
    clock.set_wall_clock(3600)  # the machine slept, and monotonic time with it
    assert (await source.get(endpoint.send)).value.reveal() == "t2"


async def test_a_wall_clock_that_was_set_back_does_not_keep_the_token_alive() -> None:
    clock = VirtualClock()
    source, endpoint = source_of(clock=clock), issuing()
    await source.get(endpoint.send)
    clock.set_wall_clock(-3600)
    await clock.sleep(101)
    assert (await source.get(endpoint.send)).value.reveal() == "t2"


# --- rule 4: single flight, cancellation ----------------------------------------------------------------------------


async def test_a_cancelled_leader_leaves_alone() -> None:
    endpoint, source = issuing(delay=5.0), source_of()
    leader = asyncio.create_task(source.get(endpoint.send))
    await asyncio.sleep(0)
    others = [asyncio.create_task(source.get(endpoint.send)) for _ in range(100)]
    await asyncio.sleep(0)
    leader.cancel()
    tokens = await asyncio.gather(*others)
    assert {token.value.reveal() for token in tokens} == {"t1"}
    assert leader.cancelled()
    assert len(endpoint.sent) == 1


async def test_the_flight_arrives_though_every_caller_was_cancelled() -> None:
    clock = VirtualClock(auto=False)
    endpoint, source = issuing(delay=5.0), source_of(clock=clock)
    callers = [asyncio.create_task(source.get(endpoint.send)) for _ in range(10)]
    await clock.advance(1)
    for caller in callers:
        caller.cancel()
    await clock.advance(10)
    token = source.peek()
    assert token is not None
    assert token.value.reveal() == "t1"
    assert len(endpoint.sent) == 1


@pytest.mark.parametrize("suspension", range(6))
async def test_the_leader_cancelled_at_any_await_costs_the_others_nothing(suspension: int) -> None:
    endpoint, source = issuing(delay=1.0), source_of()
    leader = asyncio.create_task(source.get(endpoint.send))
    for _ in range(suspension):
        await asyncio.sleep(0)
    other = asyncio.create_task(source.get(endpoint.send))
    await asyncio.sleep(0)
    leader.cancel()
    assert (await other).value.reveal() == "t1"
    assert len(endpoint.sent) == 1


async def test_the_flight_sees_nothing_of_its_leaders_context() -> None:
    tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant", default="nobody")
    seen: list[str] = []
    endpoint = issuing()

    async def looking(request: Request) -> Response:
        seen.append(tenant.get())
        return await endpoint.send(request)

    tenant.set("acme")
    await source_of().get(looking)
    assert seen == ["nobody"]


async def test_a_flight_is_finished_when_its_client_ends() -> None:
    clock = VirtualClock(auto=False)
    endpoint, source = issuing(delay=0.0), source_of(clock=clock)
    going, gate = asyncio.Event(), asyncio.Event()

    async def slow(request: Request) -> Response:
        going.set()
        await gate.wait()
        return await endpoint.send(request)

    caller = asyncio.create_task(source.get(slow))
    await going.wait()
    caller.cancel()
    ending = asyncio.create_task(source.drain(slow))
    await asyncio.sleep(0)
    assert not ending.done()
    gate.set()
    await ending
    assert source.peek() is not None


def test_a_flight_is_finished_when_its_loop_ends(capfd: pytest.CaptureFixture[str]) -> None:
    source = TokenSource(Login())
    endpoint = issuing()

    async def slow(request: Request) -> Response:
        await asyncio.sleep(0.05)
        return await endpoint.send(request)

    async def main() -> None:
        asyncio.create_task(source.get(slow))  # noqa: RUF006 - asyncio.run cancels it, on purpose
        await asyncio.sleep(0.01)

    asyncio.run(main())
    token = source.peek()
    assert token is not None, "the endpoint may have changed its side: the reply must not be lost"
    assert token.value.reveal() == "t1"
    assert capfd.readouterr().err == ""


def test_a_flight_whose_request_never_left_does_not_hold_the_loop() -> None:
    class Slow(Login):
        async def fetch(self, send: Handler) -> Token:
            await asyncio.sleep(3600)
            raise AssertionError

    source = TokenSource(Slow())

    async def main() -> None:
        asyncio.create_task(source.get(issuing().send))  # noqa: RUF006
        await asyncio.sleep(0.01)

    done = threading.Event()

    def lead() -> None:
        asyncio.run(main())
        done.set()

    thread = threading.Thread(target=lead, daemon=True)
    thread.start()
    assert done.wait(60)


def test_one_source_serves_one_loop_after_another_and_threads_at_once() -> None:
    source, endpoint = TokenSource(Login()), issuing()
    first = asyncio.run(source.get(endpoint.send))
    assert asyncio.run(source.get(endpoint.send)) is first

    slow_source, slow_endpoint = TokenSource(Login()), issuing()
    arrived: list[str] = []

    async def slow(request: Request) -> Response:
        await asyncio.sleep(0.1)
        return await slow_endpoint.send(request)

    async def many() -> None:
        tokens = await asyncio.gather(*(slow_source.get(slow) for _ in range(50)))
        arrived.extend(token.value.reveal() for token in tokens)

    threads = [threading.Thread(target=lambda: asyncio.run(many())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert arrived == ["t1"] * 400
    assert len(slow_endpoint.sent) == 1


# --- rule 5: failure -------------------------------------------------------------------------------------------------


async def test_a_refusal_is_one_request_and_an_exception_of_its_own_for_each() -> None:
    endpoint = MemoryTransport(lambda request: Reply(401, json={"error": "invalid_client"}, delay=0.1))
    source = source_of()
    errors = await gather(100, lambda: source.get(endpoint.send))
    assert len(endpoint.sent) == 1
    assert all(isinstance(error, TokenRefusedError) for error in errors)
    assert len({id(error) for error in errors}) == 100
    first = errors[0]
    assert isinstance(first, TokenRefusedError)
    assert (first.status, first.code) == (401, "invalid_client")


async def test_a_refusal_is_remembered_and_asked_again_later() -> None:
    clock = VirtualClock()
    replies = [Reply(403, json={"error": "access_denied"}), Reply(json={"token": "late", "life": 100})]
    endpoint, source = MemoryTransport(replies), source_of(clock=clock)
    for _ in range(20):
        with pytest.raises(TokenRefusedError):
            await source.get(endpoint.send)
    assert len(endpoint.sent) == 1
    await clock.sleep(60)
    assert (await source.get(endpoint.send)).value.reveal() == "late"


async def test_one_failure_of_the_endpoint_fails_no_call_within_its_time() -> None:
    clock = VirtualClock()
    replies = [Reply(503), Reply(json={"token": "t", "life": 100})]
    endpoint, source = MemoryTransport(replies), source_of(clock=clock)
    tokens = await gather(200, lambda: source.get(endpoint.send, within=60))
    assert {token.value.reveal() for token in tokens if isinstance(token, Token)} == {"t"}
    assert len([token for token in tokens if isinstance(token, Token)]) == 200
    assert len(endpoint.sent) == 2


async def test_k_failures_cost_k_plus_one_requests_however_many_call() -> None:
    asyncio.get_running_loop().set_debug(False)  # it notes where each of so many futures was made
    clock = VirtualClock()
    replies = [*(Reply(500) for _ in range(4)), Reply(json={"token": "t", "life": 100})]
    endpoint, source = MemoryTransport(replies), source_of(clock=clock)
    tokens = await gather(1000, lambda: source.get(endpoint.send, within=60))
    assert all(isinstance(token, Token) for token in tokens)
    assert len(endpoint.sent) == 5


async def test_callers_without_time_to_wait_fail_at_once_and_are_told_when_to_come_back() -> None:
    clock = VirtualClock()
    endpoint, source = (
        MemoryTransport(lambda request: Reply(503, headers={"Retry-After": "30"})),
        source_of(clock=clock),
    )
    for _ in range(10):
        with pytest.raises(TokenUnavailableError) as caught:
            await source.get(endpoint.send, within=5)
        assert caught.value.retry_after == pytest.approx(30)
        assert caught.value.retryable
    assert len(endpoint.sent) == 1
    assert clock.monotonic() < 1


async def test_the_cool_down_doubles_and_a_success_ends_it() -> None:
    clock = VirtualClock()
    moments: list[float] = []
    good = False

    def answer(request: Request) -> Reply:
        moments.append(clock.monotonic())
        return Reply(json={"token": "t", "life": 1.0}) if good else Reply(500)

    endpoint, source = MemoryTransport(answer), source_of(clock=clock)
    with pytest.raises(TokenUnavailableError):
        await source.get(endpoint.send, within=40)
    gaps = [after - before for before, after in pairwise(moments)]
    for gap, longest in zip(gaps, (1, 2, 4, 8, 16), strict=False):
        assert 0.8 * longest <= gap <= longest
    assert len(gaps) >= 4
    good = True
    await source.get(endpoint.send, within=120)
    await clock.sleep(1)
    good = False
    moments.clear()
    with pytest.raises(TokenUnavailableError):
        await source.get(endpoint.send, within=0.5)
    assert len(moments) == 1


async def test_a_token_that_still_lives_serves_on_while_its_renewal_fails() -> None:
    clock = VirtualClock()
    fail = False
    endpoint = MemoryTransport(lambda request: Reply(500) if fail else Reply(json={"token": "good", "life": 100}))
    source = source_of(clock=clock)
    await source.get(endpoint.send)
    fail = True
    await clock.sleep(95)
    for _ in range(5):
        assert (await source.get(endpoint.send)).value.reveal() == "good"
        await clock.sleep(0.1)
    assert len(endpoint.sent) == 2


async def test_a_network_failure_of_the_endpoint_is_transient() -> None:
    endpoint = MemoryTransport([Reply(error=TransportError("cut")), Reply(json={"token": "t", "life": 9})])
    assert (await source_of().get(endpoint.send)).value.reveal() == "t"


async def test_a_page_of_html_with_status_200_is_transient() -> None:
    endpoint = MemoryTransport([Reply(content=b"<html>proxy</html>"), Reply(json={"token": "t", "life": 9})])
    assert (await source_of().get(endpoint.send)).value.reveal() == "t"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(400, json={"error": "invalid_grant"}), TokenRefusedError),
        (Reply(423, json={"code": "ACCOUNT_LOCKED"}), TokenRefusedError),
        (Reply(401), TokenRefusedError),
        (Reply(400, json={"error": "temporarily_unavailable"}), TokenUnavailableError),
        (Reply(400, json={"error": "slow_down"}), TokenUnavailableError),
        (Reply(404, content=b"<html>no such page</html>"), TokenUnavailableError),
        (Reply(429), TokenUnavailableError),
        (Reply(302, headers={"Location": "https://elsewhere.example.org/"}), TokenUnavailableError),
    ],
)
async def test_what_lasts_and_what_passes(reply: Reply, kind: type[Exception]) -> None:
    endpoint = MemoryTransport(lambda request: reply)
    with pytest.raises(kind):
        await source_of().get(endpoint.send, within=0.5)
    assert len(endpoint.sent) == 1


class WrongPinError(TokenRefusedError):
    """An API's own."""


class Explained(Login):
    def map_error(self, error: TokenError) -> TokenError:
        return error.convert_to(WrongPinError, hint="check the PIN") if error.status == 401 else error


async def test_a_refusal_stays_what_it_was_for_later_callers_and_other_processes() -> None:
    clock, store = VirtualClock(), MemoryTokenStore()
    refusal = Reply(401, json={"error": "invalid_client"}, headers={"X-Request-Id": "8f3c"})
    endpoint = MemoryTransport(lambda request: refusal)
    source = TokenSource(Explained(), store=store, clock=clock)
    another = TokenSource(Explained(), store=store, clock=clock)
    lines = []
    for each, later in ((source, 0.0), (source, 0.5), (source, 2.0), (another, 0.0), (another, 2.0)):
        await clock.sleep(later)
        with pytest.raises(WrongPinError) as caught:
            await each.get(endpoint.send)
        error = caught.value
        lines.append(str(error))
        assert (error.status, error.code, error.template, error.request_id) == (401, "invalid_client", "/token", "8f3c")
        assert error.retry_after is not None
        assert error.retry_after > 40
        assert_clean(error)
    assert len(endpoint.sent) == 1
    (line,) = set(lines)
    assert line.startswith("401 POST /token: ")
    assert "; check the PIN (request 8f3c)" in line


class Worded(Login):
    def map_error(self, error: TokenError) -> TokenError:
        return WrongPinError(f"the PIN is wrong: {error.message}")  # and drops what else is known


class ForkAware(Login):
    def map_error(self, error: TokenError) -> TokenError:
        return None  # type: ignore[return-value]


class Careless(Login):
    def map_error(self, error: TokenError) -> TokenError:
        raise KeyError(error.code)


async def test_a_refusal_is_explained_once_however_often_it_is_raised() -> None:
    clock, store = VirtualClock(), MemoryTokenStore()
    endpoint = MemoryTransport(lambda request: Reply(401, json={"error": "invalid_client"}))
    for each in (source_of(Worded(), clock), *(TokenSource(Worded(), store=store, clock=clock) for _ in range(2))):
        for _ in range(3):
            with pytest.raises(WrongPinError, match=r"^the PIN is wrong: the token endpoint refused"):
                await each.get(endpoint.send)
            await clock.sleep(2)
    assert len(endpoint.sent) == 2


@pytest.mark.parametrize("credential", [ForkAware(), Careless()])
async def test_a_bug_in_an_explanation_costs_the_words_and_not_the_refusal(
    credential: Login, caplog: pytest.LogCaptureFixture
) -> None:
    clock = VirtualClock()
    endpoint, source = MemoryTransport(lambda request: Reply(401)), source_of(credential, clock)
    for _ in range(5):
        with pytest.raises(TokenRefusedError, match=r"^401 POST /token: the token endpoint refused") as caught:
            await source.get(endpoint.send)
        assert_clean(caught.value)
        await clock.sleep(5)
    assert len(endpoint.sent) == 1, "a login that is locked after so many wrong passwords would be by now"
    assert f"{type(credential).__name__}.map_error failed" in caplog.text


async def test_what_the_endpoint_fails_at_is_explained_too() -> None:
    class Lost(Login):
        def map_error(self, error: TokenError) -> TokenError:
            error.hint = "look at the status page"
            return error

    with pytest.raises(TokenUnavailableError, match="look at the status page"):
        await source_of(Lost()).get(MemoryTransport(lambda request: Reply(503)).send, within=0.1)


async def test_a_refused_renewal_falls_back_once_to_the_login() -> None:
    clock = VirtualClock()
    grants: list[str] = []

    def answer(request: Request) -> Reply:
        assert isinstance(request.body, bytes)
        grants.append("refresh" if b"refresh" in request.body else "login")
        return Reply(401) if grants[-1] == "refresh" else Reply(json={"token": f"t{len(grants)}", "life": 100})

    endpoint, source = MemoryTransport(answer), source_of(Renewable(), clock)
    await source.get(endpoint.send)
    await clock.sleep(101)
    await source.get(endpoint.send)
    assert grants == ["login", "refresh", "login"]


async def test_a_credential_with_a_bug_leaves_nobody_hanging(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Login):
        async def fetch(self, send: Handler) -> Token:
            data: dict[str, str] = {}
            return Token(value=data["token"])

    caplog.set_level(logging.WARNING)
    errors = await gather(10, lambda: source_of(Broken()).get(issuing().send))
    assert all(isinstance(error, TokenUnavailableError) for error in errors)
    assert "KeyError" in str(errors[0])
    assert "KeyError" in caplog.text


async def test_a_missing_credential_says_so_to_every_caller() -> None:
    class Missing(Login):
        async def fetch(self, send: Handler) -> Token:
            raise ConfigurationError("set LOGIN_KEY")

    source, endpoint = source_of(Missing()), issuing()
    for _ in range(3):
        with pytest.raises(ConfigurationError, match="set LOGIN_KEY"):
            await source.get(endpoint.send)
    assert endpoint.sent == []


async def test_a_flight_that_is_given_more_time_keeps_nobody_beyond_his_own() -> None:
    clock = VirtualClock()

    class Slow(Login):
        async def fetch(self, send: Handler) -> Token:
            await clock.sleep(20)  # and the request, of 25 s, leaves then
            return await super().fetch(send)

    source, endpoint = TokenSource(Slow(), clock=clock), issuing(delay=25.0)
    patient = asyncio.create_task(source.get(endpoint.send, within=60))
    calls = [asyncio.create_task(source.get(endpoint.send, within=35)) for _ in range(3)]
    for call in calls:
        with pytest.raises(TokenUnavailableError, match="within the timeout of this call"):
            await call
    assert clock.monotonic() == 35
    assert (await patient).value.reveal() == "t1"


async def test_a_flight_ends_by_its_own_deadline() -> None:
    clock = VirtualClock()
    endpoint = issuing(delay=3600)
    source = source_of(clock=clock)
    with pytest.raises(TokenUnavailableError):
        await source.get(endpoint.send, within=31)
    assert clock.monotonic() <= 31


# --- rule 6: a 401 ----------------------------------------------------------------------------------------------------


async def test_a_hundred_rejections_of_one_token_make_one_request() -> None:
    clock = VirtualClock()
    endpoint, source = issuing(delay=0.05), source_of(clock=clock)
    first = await source.get(endpoint.send)

    async def late(number: int) -> Token:
        await clock.sleep(number / 1000)
        return await source.get(endpoint.send, rejected=first)

    tokens = await asyncio.gather(*(late(number) for number in range(100)))
    assert {token.value.reveal() for token in tokens} == {"t2"}
    assert len(endpoint.sent) == 2


async def test_a_late_rejection_does_not_throw_a_newer_token_away() -> None:
    endpoint, source = issuing(), source_of()
    first = await source.get(endpoint.send)
    second = await source.get(endpoint.send, rejected=first)
    assert await source.get(endpoint.send, rejected=first) is second
    assert len(endpoint.sent) == 2


async def test_a_resource_that_always_says_401_costs_one_renewal_not_one_a_call() -> None:
    clock = VirtualClock()
    endpoint, source = issuing(life=3600), source_of(clock=clock)
    token = await source.get(endpoint.send)
    for _ in range(1000):
        token = await source.get(endpoint.send, rejected=token)
    assert len(endpoint.sent) == 2
    await clock.sleep(31)
    await source.get(endpoint.send, rejected=token)
    assert len(endpoint.sent) == 3


async def test_each_renewal_by_hand_gives_another_token_however_young_the_last_one_is() -> None:
    endpoint, source = issuing(), source_of()
    tokens = [await source.refresh(endpoint.send) for _ in range(3)]
    assert [token.value.reveal() for token in tokens] == ["t1", "t2", "t3"]
    assert source.peek() is tokens[-1]


async def test_renewals_by_hand_at_the_same_time_share_one_request() -> None:
    endpoint, source = issuing(delay=0.05), source_of()
    await source.get(endpoint.send)
    tokens = await gather(100, lambda: source.refresh(endpoint.send, within=60))
    assert {token.value.reveal() for token in tokens if isinstance(token, Token)} == {"t2"}
    assert len(endpoint.sent) == 2


async def test_a_renewal_by_hand_does_not_use_the_young_token_rule_up() -> None:
    """The token that a user asked for was refused by nobody: the first 401 for it is believed."""
    endpoint, source = issuing(), source_of()
    await source.get(endpoint.send)
    token = await source.refresh(endpoint.send)
    assert (await source.get(endpoint.send, rejected=token)).value.reveal() == "t3"


async def test_a_renewal_by_hand_does_not_take_the_token_that_the_store_has() -> None:
    store, endpoint = MemoryTokenStore(), issuing()
    await TokenSource(Login(), store=store).get(endpoint.send)
    assert (await TokenSource(Login(), store=store).refresh(endpoint.send)).value.reveal() == "t2"
    assert len(endpoint.sent) == 2


async def test_a_login_by_hand_uses_no_refresh_token_and_is_shared_too() -> None:
    endpoint, source = issuing(delay=0.01), source_of(Renewable())
    await source.get(endpoint.send)
    tokens = await gather(20, lambda: source.refresh(endpoint.send, log_in=True, within=60))
    assert {token.value.reveal() for token in tokens if isinstance(token, Token)} == {"t2"}
    await source.refresh(endpoint.send)
    await source.refresh(endpoint.send, log_in=True)
    assert [request.json()["grant"] for request in endpoint.sent] == ["login", "login", "refresh", "login"]


async def test_a_login_by_hand_does_not_take_what_another_process_has_got() -> None:
    store, endpoint = MemoryTokenStore(), issuing()
    one, other = (TokenSource(Login(), store=store) for _ in range(2))
    await one.get(endpoint.send)
    await other.refresh(endpoint.send)
    assert (await one.refresh(endpoint.send, log_in=True)).value.reveal() == "t3"
    assert len(endpoint.sent) == 3


async def test_a_renewal_by_hand_does_not_take_what_another_process_has_got_before() -> None:
    store, endpoint = MemoryTokenStore(), issuing()
    one, other = (TokenSource(Login(), store=store) for _ in range(2))
    await one.get(endpoint.send)
    await other.refresh(endpoint.send)
    assert (await one.refresh(endpoint.send)).value.reveal() == "t3"


async def test_renewals_by_hand_in_two_processes_at_once_share_one_request() -> None:
    store, endpoint = MemoryTokenStore(), issuing(delay=0.01)
    one, other = (TokenSource(Login(), store=store) for _ in range(2))
    await one.get(endpoint.send)
    tokens = await asyncio.gather(one.refresh(endpoint.send), other.refresh(endpoint.send))
    assert [token.value.reveal() for token in tokens] == ["t2", "t2"]


class SlowStore(MemoryTokenStore):
    def __init__(self, clock: VirtualClock, seconds: float) -> None:
        super().__init__()
        self._clock, self._seconds = clock, seconds

    async def load(self, key: str) -> TokenRecord | None:
        await self._clock.sleep(self._seconds)
        return await super().load(key)


async def test_a_renewal_by_hand_does_not_take_what_a_first_call_is_taking_from_the_store() -> None:
    clock = VirtualClock()
    store, endpoint = SlowStore(clock, 0.05), issuing()
    await TokenSource(Login(), store=store, clock=clock).get(endpoint.send)
    source = TokenSource(Login(), store=store, clock=clock)
    call, renewal = await asyncio.gather(source.get(endpoint.send), source.refresh(endpoint.send))
    assert (call.value.reveal(), renewal.value.reveal()) == ("t1", "t2")


async def test_a_login_by_hand_does_not_take_what_a_renewal_under_way_brings_but_shares_a_login() -> None:
    clock = VirtualClock()
    endpoint, source = issuing(delay=0.05), source_of(Renewable(), clock)
    first, second = await asyncio.gather(source.get(endpoint.send), source.refresh(endpoint.send, log_in=True))
    assert first is second
    call, login = await asyncio.gather(
        source.get(endpoint.send, rejected=first), source.refresh(endpoint.send, log_in=True)
    )
    assert (call.value.reveal(), login.value.reveal()) == ("t2", "t3")
    assert [request.json()["grant"] for request in endpoint.sent] == ["login", "refresh", "login"]


async def test_a_renewal_by_hand_waits_no_longer_than_it_may_for_a_store_that_hangs() -> None:
    clock = VirtualClock()
    source = TokenSource(Login(), store=SlowStore(clock, 3600), clock=clock)
    with pytest.raises(TokenUnavailableError, match="within the timeout of this call"):
        await source.refresh(issuing().send, within=5)
    assert clock.monotonic() == 5


async def test_a_credential_that_cannot_say_whose_token_it_is_fails_a_renewal_by_hand_as_it_fails_a_call() -> None:
    class Unsure(Login):
        @property
        def identity(self) -> Identity:
            raise OSError("the file is gone")

    for ask in (source_of(Unsure()).get, source_of(Unsure()).refresh):
        with pytest.raises(TokenUnavailableError, match="the file is gone"):
            await ask(issuing().send)


async def test_a_renewal_by_hand_fails_as_any_does_and_the_token_at_hand_serves_on() -> None:
    endpoint = MemoryTransport([Reply(json={"token": "t1", "life": 100}), Reply(503), Reply(503)])
    source = source_of(clock=VirtualClock(auto=False))
    token = await source.get(endpoint.send)
    with pytest.raises(TokenUnavailableError):
        await source.refresh(endpoint.send, within=0.5)
    assert source.peek() is token


async def test_a_static_key_comes_back_as_it_is() -> None:
    source, endpoint = source_of(ApiKey("key-1234")), issuing()
    token = await source.get(endpoint.send)
    assert (await source.get(endpoint.send, rejected=token)).value == token.value
    assert endpoint.sent == []


# --- rules 11 and 12: where it goes, whose it is ---------------------------------------------------------------------


async def test_a_credential_is_not_sent_over_plain_http_to_another_machine() -> None:
    endpoint = issuing()
    with pytest.raises(TokenRefusedError, match="allow_insecure_auth"):
        await source_of(Login("http://api.example.org/token")).get(endpoint.send)
    assert endpoint.sent == []
    allowed = TokenSource(Login("http://api.example.org/token"), clock=VirtualClock(), allow_insecure=True)
    await allowed.get(endpoint.send)
    await source_of(Login("http://127.0.0.1:9/token")).get(endpoint.send)


async def test_tenants_have_tokens_of_their_own_only_where_the_credential_says_so() -> None:
    class PerTenant(Login):
        per_tenant = True

        def __init__(self, tenant: Tenant | None = None) -> None:
            super().__init__()
            self.tenant = tenant

        def for_tenant(self, tenant: Tenant | None) -> Credential:
            return PerTenant(tenant)

    a, b = Tenant("a"), Tenant("b")
    endpoint, source = issuing(delay=0.1), source_of(PerTenant())
    tokens = await asyncio.gather(*(source.get(endpoint.send, tenant=tenant) for tenant in (a, b, a, b, a)))
    assert len(endpoint.sent) == 2
    assert tokens[0] is tokens[2] is tokens[4]
    assert tokens[0] is not tokens[1]
    assert source.peek(a) is tokens[0]
    assert source.peek(Tenant("c")) is None

    shared, one = issuing(), source_of()
    await one.get(shared.send, tenant=a)
    assert one.peek(b) is not None


async def test_of_too_many_tenants_none_is_dropped_while_its_token_is_on_its_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class PerTenant(Login):
        per_tenant = True

    monkeypatch.setattr("asdk.auth.token_source.TENANT_LIMIT", 2)
    gate, all_wait, endpoint = asyncio.Event(), asyncio.Event(), issuing()
    waiting: list[Request] = []

    async def send(request: Request) -> Response:
        waiting.append(request)
        first = len(waiting) <= 2
        if len(waiting) == 4:
            all_wait.set()
        await gate.wait()
        await asyncio.sleep(0.05 if first else 0)
        return await endpoint.send(request)

    source = TokenSource(PerTenant())
    tenants = [Tenant(name) for name in "abcd"]
    calls = [asyncio.create_task(source.get(send, tenant=tenant)) for tenant in tenants * 2]
    await all_wait.wait()
    gate.set()
    await source.drain(send)
    assert all(call.done() for call in calls), "the end of a client waits for all of them"
    assert len({(await call).value.reveal() for call in calls}) == len(endpoint.sent) == len(tenants)
    await source.get(send, tenant=Tenant("e"))
    assert source.peek(tenants[0]) is None, "then the oldest are dropped"
    assert source.peek(Tenant("e")) is not None


async def test_two_sources_on_one_store_share_a_token_of_the_same_key() -> None:
    store, endpoint, clock = MemoryTokenStore(), issuing(), VirtualClock()
    one, other = (TokenSource(Login(), store=store, clock=clock) for _ in range(2))
    assert (await one.get(endpoint.send)).value == (await other.get(endpoint.send)).value
    assert len(endpoint.sent) == 1
    elsewhere = TokenSource(Login("https://other.example.org/token"), store=store, clock=clock)
    await elsewhere.get(endpoint.send)
    assert len(endpoint.sent) == 2


@pytest.mark.parametrize(
    ("store", "said"),
    [("tokens", "token_store must be .*got str"), (MemoryTokenStore, "got the class MemoryTokenStore"), (5, "got int")],
)
def test_what_is_no_store_is_refused_and_not_taken_for_one_that_is_away(store: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        TokenSource(ApiKey("a-key"), store=store)
