"""The errors: one readable line, facts that survive a pickle, and the tree that the docstring draws."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk import errors
from asdk.errors import (
    AsdkError,
    CircuitOpenError,
    ConfigurationError,
    ConnectError,
    DeadlineExceededError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    PoolTimeoutError,
    ProtocolError,
    RateLimitError,
    RequestTimeoutError,
    ResponseTooLargeError,
    ServerError,
    StatusError,
    TLSError,
    TokenRefusedError,
    TokenUnavailableError,
    TransportError,
)

ALL = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, AsdkError)]

facts = st.fixed_dictionaries(
    {},
    optional={
        "method": st.none() | st.sampled_from(["GET", "POST"]),
        "template": st.none() | st.text(max_size=20),
        "status": st.none() | st.integers(100, 599),
        "request_id": st.none() | st.text(max_size=20),
        "retry_after": st.none() | st.floats(0, 1e6),
        "attempts": st.integers(0, 9),
        "cause": st.none() | st.text(max_size=20),
        "code": st.none() | st.text(max_size=20),
        "problem": st.none() | st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
        "body": st.binary(max_size=20),
        "path": st.none() | st.text(max_size=20),
        "sent": st.booleans(),
        "limit": st.sampled_from(["connect", "attempt", "idle", "total"]),
        "certificate": st.booleans(),
    },
)


class CustomError(NotFoundError):
    """An API's own error, whose constructor takes something else."""

    def __init__(self, number: int) -> None:
        super().__init__(f"number {number}", status=404)
        self.number = number


def same(one: AsdkError, other: AsdkError) -> bool:
    return type(one) is type(other) and vars(one) == vars(other) and one.args == other.args and str(one) == str(other)


@settings(deadline=None)
@given(kind=st.sampled_from(ALL), message=st.text(), facts=facts)
def test_an_error_pickles_and_copies_with_all_its_facts(kind: type[AsdkError], message: str, facts: Any) -> None:
    error = kind(message, **facts)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error), error.copy()):
        assert again is not error
        assert same(again, error)
        assert again.retryable == error.retryable


def test_a_subclass_with_another_constructor_pickles_too() -> None:
    error = CustomError(5)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), error.copy()):
        assert same(again, error)
        assert again.number == 5


def test_a_copy_is_changed_without_the_original() -> None:
    error = RateLimitError("slow down", attempts=1)
    error.copy().attempts = 2
    error.add_note("of all")
    error.copy().add_note("of one")
    error.convert_to(TokenUnavailableError).add_note("of another")
    assert error.__notes__ == ["of all"]
    assert error.attempts == 1


@settings(deadline=None)
@given(kind=st.sampled_from(ALL), facts=facts)
def test_an_error_can_be_shown_whatever_it_knows(kind: type[AsdkError], facts: Any) -> None:
    error = kind("no such user", **facts)
    assert "no such user" in str(error)
    assert repr(error) == f"{kind.__name__}({str(error)!r})"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (AsdkError("it failed"), "it failed"),
        (StatusError("it failed"), "it failed"),
        (ConnectError("refused", method="GET", template="/users"), "GET /users: refused"),
        (
            NotFoundError("no such user", method="GET", template="/users/{id}", status=404, request_id="8f3c"),
            "404 GET /users/{id}: no such user (request 8f3c)",
        ),
        (ServerError("down", status=503, attempts=1), "503: down"),
        (ServerError("down", status=503, attempts=3), "503: down (3 attempts)"),
        (ServerError("down", status=503, attempts=2, request_id="a"), "503: down (2 attempts, request a)"),
    ],
)
def test_an_error_reads_alone_in_a_log(error: AsdkError, line: str) -> None:
    assert str(error) == line


def test_an_error_that_was_told_nothing_knows_nothing() -> None:
    error = StatusError("x")
    assert (error.method, error.template, error.status, error.request_id) == (None, None, 0, None)
    assert (error.retry_after, error.attempts, error.cause) == (None, 0, None)
    assert (error.code, error.problem, error.body) == (None, None, b"")


def test_an_error_keeps_what_it_was_told_apart_from_what_it_shows() -> None:
    error = NotFoundError("no such user", status=404, method="GET")
    assert (error.message, error.status, error.method, error.template) == ("no such user", 404, "GET", None)


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (ConfigurationError("x"), False),
        (InvalidRequestError("x"), False),
        (DecodeError("x"), False),
        (TokenRefusedError("x"), False),
        (TokenUnavailableError("x"), True),
        (TransportError("x"), True),
        (ConnectError("x"), True),
        (ProtocolError("x"), True),
        (ResponseTooLargeError("x"), False),
        (RequestTimeoutError("x"), True),
        (DeadlineExceededError("x"), False),
        (PoolTimeoutError("x"), False),
        (CircuitOpenError("x"), True),
        (TLSError("x"), True),
        (TLSError("x", certificate=True), False),
        *[(StatusError("x", status=status), True) for status in (408, 429, 500, 502, 503, 504)],
        *[(StatusError("x", status=status), False) for status in (302, 400, 401, 403, 404, 409, 501, 505)],
    ],
)
def test_an_error_knows_whether_the_same_call_may_succeed_later(error: AsdkError, retryable: bool) -> None:
    assert error.retryable is retryable


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (TransportError("x"), True),
        (ProtocolError("x"), True),
        (RequestTimeoutError("x"), True),
        (RequestTimeoutError("x", limit="connect", sent=False), False),
        (ConnectError("x"), False),
        (TLSError("x"), False),
        (PoolTimeoutError("x"), False),
        (CircuitOpenError("x"), False),
    ],
)
def test_a_transport_error_knows_whether_the_request_may_have_left(error: TransportError, sent: bool) -> None:
    assert error.sent is sent


def test_the_builtin_kinds_are_caught_as_such() -> None:
    assert issubclass(RequestTimeoutError, TimeoutError)
    assert issubclass(InvalidRequestError, ValueError)
    assert DeadlineExceededError("x").limit == PoolTimeoutError("x").limit == "total"


def test_the_docstring_draws_the_tree() -> None:
    """Each line of the drawing lists errors; its parent is the nearest line above that is indented less."""
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        indent = len(line) - len(line.lstrip())
        names = re.findall(r"\b(?:[A-Za-z]+Error|AsdkError)\b", line)
        if indent < 4 or not names:
            continue
        above = [(depth, name) for depth, name in above if depth < indent]
        parent = above[-1][1] if above else ""
        drawn.update({name: parent for name in names if name not in {"ValueError", "TimeoutError"}})
        above.append((indent, names[0]))
    assert drawn == {kind.__name__: kind.__bases__[0].__name__ if kind is not AsdkError else "" for kind in ALL}


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (409, "ConflictError"),
        (410, "GoneError"),
        (422, "UnprocessableError"),
        (429, "RateLimitError"),
        (500, "ServerError"),
        (503, "ServerError"),
        (599, "ServerError"),
        (301, "StatusError"),
        (402, "StatusError"),
        (418, "StatusError"),
        (499, "StatusError"),
    ],
)
def test_each_status_has_its_class(status: int, name: str) -> None:
    assert StatusError.for_status(status).__name__ == name


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b'{"code": 5}', {"code": 5}),
        (b"", None),
        (b"<html>", None),
        (b"\xff\xfe\xff", None),
        (b"[" * 100_000, None),
        (b"9" * 5000, None),
    ],
)
def test_the_body_of_a_status_error_is_data_if_it_is_json(body: bytes, data: Any) -> None:
    assert StatusError("x", body=body).data == data
