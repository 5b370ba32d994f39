"""`send_token_request`, which all credentials share."""

from __future__ import annotations

import json

import pytest

from asdk import TokenRefusedError
from asdk.auth import json_request, send_token_request
from asdk.testing import MemoryTransport, Reply


async def test_an_error_description_is_reduced_to_one_printable_line() -> None:
    said = {"error": "bad\r\nkey\ud800", "error_description": "no\nERROR root: all is lost\x1b[31m\u2028end"}
    endpoint = MemoryTransport(lambda request: Reply(401, content=json.dumps(said).encode()))
    with pytest.raises(TokenRefusedError) as caught:
        await send_token_request(endpoint.send, json_request("https://login.example.org/token", {}))
    assert caught.value.code == "bad key?"
    assert str(caught.value).isprintable()
    assert "no ERROR root: all is lost [31m end" in str(caught.value)
