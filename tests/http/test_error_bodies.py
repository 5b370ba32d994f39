"""Tests of the reading of error bodies: any API's code, message and reasons."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk.errors import StatusError
from asdk.http.error_bodies import problem_details, read_error
from asdk.http.headers import Headers
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.status_errors import status_error


def error_for(body: Any, status: int) -> StatusError:
    request = Request("GET", "https://h/users/5?key=1", "/users/{id}", Headers())
    return status_error(Response(status, (), json.dumps(body).encode(), request=request), read_error, {})


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"code": "A", "message": "m"}, "A", "m"),
        ({"error": "invalid_grant", "error_description": "expired"}, "invalid_grant", "expired"),
        ({"error": "invalid_grant"}, "invalid_grant", "invalid_grant"),
        ({"error": {"code": "A", "message": "m"}}, "A", "m"),
        ({"error": {"error": {"message": "deep"}}}, None, "deep"),
        ({"type": "about:blank", "title": "Gone", "detail": "since 2020"}, None, "since 2020"),
        ({"title": "Gone"}, None, "Gone"),
        ({"Message": "as .NET does"}, None, "as .NET does"),
        ({"code": 5, "message": "numbers are no codes"}, None, "numbers are no codes"),
        ({"message": "", "detail": "the first that says something"}, None, "the first that says something"),
        ({"message": {"text": "no text"}, "title": "t"}, None, "t"),
        ({"detail": [{"loc": ["body", "items", 0], "msg": "bad"}]}, None, "body.items.0: bad"),
        (
            {"detail": [{"msg": "one"}, {"loc": [], "msg": "two"}, {"loc": None, "msg": "three"}]},
            None,
            "one; two; three",
        ),
        ({"detail": [{"loc": "body", "msg": "bad"}, {"loc": 5, "msg": "worse"}]}, None, "body: bad; worse"),
        ({"detail": [{"loc": ["a"]}, "text", 5, {"msg": 5}]}, None, "text"),
        ({"detail": [{"msg": str(number)} for number in range(9)]}, None, "0; 1; 2; 3; 4"),
        ("plain text", None, "plain text"),
        ({}, None, None),
        ([], None, None),
        (None, None, None),
        (5, None, None),
    ],
)
def test_code_and_message_in_the_common_formats(body: Any, code: str | None, message: str | None) -> None:
    assert read_error(body) == (code, message)
    error = error_for(body, 404)
    assert (error.code, error.message) == (code, message or "Not Found")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"errors": [{"status": "422", "detail": "why"}]}, None, "why"),
        (
            {"errors": [{"code": "E1", "source": {"pointer": "/data/name"}, "title": "why"}]},
            "E1",
            "/data/name: why",
        ),
        ({"errors": [{"message": "why", "path": ["user", "name"]}], "data": None}, None, "user.name: why"),
        ({"errors": ["one", "two"]}, None, "one; two"),
        ({"errors": {"name": ["one", "two"], "age": ["three"]}}, None, "name: one; name: two; age: three"),
        ({"errors": {"name": "why"}}, None, "name: why"),
        ({"name": ["why"], "address": ["where"]}, None, "name: why; address: where"),
        ({"address": [{"street": ["why"]}]}, None, "address: street: why"),
        ({"errors": {"address": {"street": ["why"]}}}, None, "address.street: why"),
        ({"non_field_errors": ["why"]}, None, "why"),
        ([{"message": "why", "errorCode": "X"}], "X", "why"),
        ([{"message": "one"}, {"message": "two"}], None, "one; two"),
        (["why"], None, "why"),
        ({"fault": {"faultstring": "why", "detail": {"errorcode": "a.B"}}}, None, "why; errorcode: a.B"),
        ({"error": ["why"]}, None, "why"),
        ({"error": {"errors": [{"message": "why"}]}}, None, "why"),
        ({"error": "Bad", "details": "why"}, "Bad", "why"),
        ({"Error": {"Message": "why"}}, None, "why"),
        # The reasons behind a general message.
        (
            {"title": "Validation failed.", "errors": {"Name": ["The Name field is required."]}},
            None,
            "Validation failed; Name: The Name field is required.",
        ),
        (
            {"message": "Validation Failed", "errors": [{"field": "title", "code": "missing"}]},
            "missing",
            "Validation Failed; title: missing",
        ),
        ({"error": {"message": "m", "errors": [{"message": "m", "reason": "r"}]}}, None, "m"),
        ({"message": "outer", "error": {"status": 5}}, None, "outer"),
        ({"errors": []}, None, None),
        ({"errors": [{}, [], None, 5, ""]}, None, None),
        ({"items": [1, 2], "ok": False}, None, None),
    ],
)
def test_the_reasons_of_the_server_are_in_the_message(body: Any, code: str | None, message: str | None) -> None:
    assert read_error(body) == (code, message)
    assert error_for(body, 400).message == (message or "Bad Request")


_names = st.sampled_from(["error", "fault", "errors", "detail", "message", "code", "loc", "field", "source", "title"])
_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(_names | st.text(max_size=3), inner, max_size=4),
    max_leaves=25,
)


@given(_data)
def test_any_data_gives_texts_or_none(data: Any) -> None:
    code, message = read_error(data)
    assert code is None or isinstance(code, str)
    assert message is None or isinstance(message, str)
    if isinstance(data, dict):
        problem_details(data, "https://h/")


def test_the_query_of_the_request_is_not_in_a_resolved_reference() -> None:
    assert problem_details({"instance": "#1"}, "https://h/users/5?key=1") == {"instance": "https://h/users/5#1"}
