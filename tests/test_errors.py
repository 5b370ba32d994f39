"""Errors: their text, attributes and pickles, and the class tree in the docstring."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
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
    StreamError,
    TLSError,
    TokenRefusedError,
    TokenUnavailableError,
    TransportError,
)

ALL = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, AsdkError)]

fields = st.fixed_dictionaries(
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
    """An API's own error, with a constructor of its own."""

    def __init__(self, number: int) -> None:
        super().__init__(f"number {number}", status=404)
        self.number = number


def same(one: AsdkError, other: AsdkError) -> bool:
    return type(one) is type(other) and vars(one) == vars(other) and one.args == other.args and str(one) == str(other)


@settings(deadline=None)
@given(cls=st.sampled_from(ALL), message=st.text(), fields=fields)
def test_an_error_pickles_and_copies_with_all_attributes(cls: type[AsdkError], message: str, fields: Any) -> None:
    error = cls(message, **fields)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error), error.copy()):
        assert again is not error
        assert same(again, error)
        assert again.retryable == error.retryable


def test_a_subclass_with_another_constructor_pickles() -> None:
    error = CustomError(5)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), error.copy()):
        assert same(again, error)
        assert again.number == 5


def test_a_copy_does_not_share_state_with_the_original() -> None:
    error = RateLimitError("slow down", attempts=1)
    error.copy().attempts = 2
    error.add_note("of all")
    error.copy().add_note("of one")
    error.convert_to(TokenUnavailableError).add_note("of another")
    assert error.__notes__ == ["of all"]
    assert error.attempts == 1


@settings(deadline=None)
@given(cls=st.sampled_from(ALL), fields=fields)
def test_an_error_has_a_str_and_a_repr_with_any_attributes(cls: type[AsdkError], fields: Any) -> None:
    error = cls("no such user", **fields)
    assert "no such user" in str(error)
    assert repr(error) == f"{cls.__name__}({str(error)!r})"


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
def test_the_str_of_an_error_is_readable_in_a_log(error: AsdkError, line: str) -> None:
    assert str(error) == line


def test_attributes_have_defaults() -> None:
    error = StatusError("x")
    assert (error.method, error.template, error.status, error.request_id) == (None, None, 0, None)
    assert (error.retry_after, error.attempts, error.cause) == (None, 0, None)
    assert (error.code, error.problem, error.body) == (None, None, b"")


def test_the_message_is_separate_from_the_other_attributes() -> None:
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
def test_retryable(error: AsdkError, retryable: bool) -> None:
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
def test_sent(error: TransportError, sent: bool) -> None:
    assert error.sent is sent


def test_errors_inherit_from_builtin_exceptions() -> None:
    assert issubclass(RequestTimeoutError, TimeoutError)
    assert issubclass(InvalidRequestError, ValueError)
    assert DeadlineExceededError("x").limit == PoolTimeoutError("x").limit == "total"


def test_the_docstring_shows_the_class_tree() -> None:
    """Compare the tree. The parent of a line is the nearest line above it with less indentation."""
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
    assert drawn == {cls.__name__: cls.__bases__[0].__name__ if cls is not AsdkError else "" for cls in ALL}


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
def test_for_status_returns_the_class_of_a_status(status: int, name: str) -> None:
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
def test_data_is_the_parsed_body(body: bytes, data: Any) -> None:
    assert StatusError("x", body=body).data == data


# --- the body of an error ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [StatusError, NotFoundError, DecodeError, StreamError])
def test_a_body_may_be_a_function_that_runs_at_the_first_read(
    cls: Any,
) -> None:
    calls = iter([b"scrubbed"])
    error = cls("x", body=lambda: next(calls))
    assert "x" in f"{error} {error!r}"
    assert (error.body, error.body) == (b"scrubbed", b"scrubbed")
    error.body = b"other"
    assert error.body == b"other"


def test_a_pickle_and_a_copy_contain_the_scrubbed_body() -> None:
    makers: list[Callable[[StatusError], StatusError]] = [
        lambda error: pickle.loads(pickle.dumps(error)),
        copy.copy,
        copy.deepcopy,
        lambda error: error.copy(),
    ]
    for make in makers:
        assert make(StatusError("x", body=lambda: b"scrubbed")).body == b"scrubbed"


def test_a_converted_error_keeps_its_body_and_pickles_in_any_class() -> None:
    error = NotFoundError("x", body=lambda: b"scrubbed")
    assert error.convert_to(ServerError).body == b"scrubbed"
    refused = NotFoundError("x", body=lambda: b"scrubbed").convert_to(TokenRefusedError)
    assert vars(pickle.loads(pickle.dumps(refused)))["body"] == b"scrubbed"


@pytest.mark.parametrize("field", ["message", "request_id", "template", "hint", "needed_for"])
def test_no_attribute_of_an_error_drives_a_terminal(field: str) -> None:
    text = "a\x1b[2J\x9b2J\r\nb\u202ec"
    fields: Any = {field: text}
    error = AsdkError(text) if field == "message" else AsdkError("m", **fields)
    assert "a [2J 2J bc" in str(error)
    assert "\\x1b" not in repr(error)


@pytest.mark.parametrize(
    ("unknown", "end"),
    [
        (["tiemout"], "did you mean 'timeout'?"),
        (["time_out"], "did you mean 'timeout'?"),
        (["TIMEOUT"], "did you mean 'timeout'?"),
        (["timeouts", "retri"], "did you mean 'retry', 'timeout'?"),
        (["timeout_s", "timeouts"], "did you mean 'timeout'?"),
        (["x"], "known are retry, tenant, timeout"),
        ([7], "known are retry, tenant, timeout"),
        ([], "known are retry, tenant, timeout"),
    ],
)
def test_an_unknown_name_is_answered_with_the_one_that_was_meant(unknown: list[object], end: str) -> None:
    assert errors.did_you_mean(unknown, ["timeout", "tenant", "retry"]) == end


def test_an_unknown_name_among_none_says_so() -> None:
    assert errors.did_you_mean(["x"], []) == "none are known"
