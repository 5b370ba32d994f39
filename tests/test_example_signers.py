"""The signers in `examples/signers`: published signatures, and a second implementation where there is one."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from asdk import BaseClient, Secret
from asdk.http.bodies import Body
from asdk.http.request import Request
from asdk.testing import MemoryTransport, Reply, VirtualClock
from examples.signers.keyed_hash import KeyedHash
from examples.signers.message_signatures import MessageSignature, ed25519, hmac_sha256
from examples.signers.sigv4 import SigV4

# --- AWS Signature Version 4: keys, time and results of the published test suite ------------------------------------

ACCESS, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
WHEN = datetime(2015, 8, 30, 12, 36, tzinfo=UTC).timestamp()

#: Method, path, body, signature.
SUITE = [
    ("GET", "/", None, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("GET", "/?Param2=value2&Param1=value1", None, "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ("POST", "/", None, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    (
        "POST",
        "/",
        {"Param1": "value1"},
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
]


async def sent_by(signer: Any, method: str, target: str, *, when: float, **arguments: Any) -> Request:
    transport = MemoryTransport([Reply(json=1)])
    client = BaseClient(
        base_url="https://example.amazonaws.com", signer=signer, transport=transport, clock=VirtualClock(start=when)
    )
    path, _, query = target.partition("?")
    url = f"https://example.amazonaws.com{path}{'?' if query else ''}{query}"
    await client.request(method, url, **arguments)
    return transport.sent[0].request


class Bare(SigV4):
    """Signs as the suite does: the digest of the body is signed and not sent."""

    async def prepare(self, request: Request) -> None:
        pass

    def payload_digest(self, request: Request) -> str:
        assert not isinstance(request.body, Body)
        return hashlib.sha256(request.body or b"").hexdigest()


@pytest.mark.parametrize(("method", "target", "form", "signature"), SUITE)
async def test_sigv4_signs_as_the_published_suite(method: str, target: str, form: Any, signature: str) -> None:
    signer = Bare(ACCESS, Secret(SECRET), region="us-east-1", service="service")
    request = await sent_by(signer, method, target, when=WHEN, **({} if form is None else {"form": form}))
    assert request.headers["Authorization"].rpartition("=")[2] == signature


BODIES: list[dict[str, Any]] = [
    {},
    {"json": {"a": [1, 2], "b": "ü"}},
    {"form": {"Action": "ListUsers", "Version": "2010-05-08"}},
    {"content": b"\x00\x01"},
    {"headers": {"X-Amz-Meta-Note": "two   spaces"}},
]


@pytest.mark.parametrize("service", ["s3", "iam"])
@pytest.mark.parametrize("arguments", BODIES)
@pytest.mark.parametrize("target", ["/", "/a/b%20c", "/a//b/./c/", "/k?x=1&a=%2F&a=b&empty=", "/%7Euser/x%2Fy"])
async def test_sigv4_signs_as_botocore(
    service: str, arguments: dict[str, Any], target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = pytest.importorskip("botocore.auth")
    aws_request = pytest.importorskip("botocore.awsrequest").AWSRequest
    credentials = pytest.importorskip("botocore.credentials").Credentials
    method = "POST" if {"json", "form", "content"} & arguments.keys() else "GET"
    signer = SigV4(ACCESS, Secret(SECRET), region="eu-west-1", service=service, session_token=Secret("t0ken"))
    request = await sent_by(signer, method, target, when=WHEN, **arguments)
    names = request.headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    signed = {name: str(request.headers[name]) for name in names if name != "host"}
    peer = aws_request(method=method, url=request.url, data=request.body, headers=signed)
    peer.context["timestamp"] = signed["x-amz-date"]
    if service == "s3":  # it would send a body over https as an unsigned payload
        monkeypatch.setattr(auth.S3SigV4Auth, "_should_sha256_sign_payload", lambda self, request: True)
    kind = auth.S3SigV4Auth if service == "s3" else auth.SigV4Auth
    other = kind(credentials(ACCESS, SECRET, "t0ken"), service, "eu-west-1")
    canonical = other.canonical_request(peer)
    signature = other.signature(other.string_to_sign(peer, canonical), peer)
    assert request.headers["Authorization"].rpartition("=")[2] == signature


async def test_sigv4_sends_a_stream_as_an_unsigned_payload(tmp_path: Path) -> None:
    async def pieces() -> Any:
        yield b"a"

    signer = SigV4(ACCESS, Secret(SECRET), region="us-east-1", service="s3")
    streamed = await sent_by(signer, "PUT", "/k", when=WHEN, content=pieces())
    assert streamed.headers["X-Amz-Content-SHA256"] == "UNSIGNED-PAYLOAD"
    path = tmp_path / "f"
    path.write_bytes(b"abc")
    file = await sent_by(signer, "PUT", "/k", when=WHEN, content=path)
    assert file.headers["X-Amz-Content-SHA256"] == hashlib.sha256(b"abc").hexdigest()


# --- RFC 9421, appendix B --------------------------------------------------------------------------------------------

SHARED = Secret("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")
PRIVATE = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
"""
CREATED = 1618884473


async def rfc_request(signer: MessageSignature) -> Request:
    transport = MemoryTransport([Reply(json=1)])
    clock = VirtualClock(start=CREATED)
    client = BaseClient(base_url="https://example.com", signer=signer, transport=transport, clock=clock)
    headers = {"Date": "Tue, 20 Apr 2021 02:07:55 GMT", "Content-Type": "application/json"}
    params = {"param": "Value", "Pet": "dog"}
    await client.request("POST", "/foo", params=params, content=b'{"hello": "world"}', headers=headers)
    return transport.sent[0].request


async def test_an_hmac_signature_is_that_of_rfc_9421() -> None:
    signer = MessageSignature(
        hmac_sha256(SHARED),
        key_id="test-shared-secret",
        components=("date", "@authority", "content-type"),
        label="sig-b25",
    )
    headers = (await rfc_request(signer)).headers
    assert headers["Signature"] == "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:"
    assert headers["Signature-Input"] == (
        'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'
    )
    digest = "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew=="
    assert headers["Content-Digest"] == f"sha-512=:{digest}:"


async def test_an_ed25519_signature_is_that_of_rfc_9421() -> None:
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    key = serialization.load_pem_private_key(PRIVATE, None)
    components = ("date", "@method", "@path", "@authority", "content-type", "content-length")
    signer = MessageSignature(ed25519(key), key_id="test-key-ed25519", components=components, label="sig-b26")
    headers = (await rfc_request(signer)).headers
    signature = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    assert headers["Signature"] == f"sig-b26=:{signature}:"


async def test_a_request_without_a_body_is_signed_without_its_digest() -> None:
    signer = MessageSignature(hmac_sha256(SHARED), key_id="k")
    request = await sent_by(signer, "GET", "/x", when=CREATED)
    assert request.headers["Signature-Input"].startswith('sig1=("@method" "@target-uri");created=')


# --- an HMAC header --------------------------------------------------------------------------------------------------


async def test_a_keyed_hash_covers_method_target_time_and_body() -> None:
    request = await sent_by(KeyedHash(Secret("key")), "POST", "/x?a=1", when=CREATED, json={"b": 2})
    digest = hashlib.sha256(b'{"b":2}').hexdigest()
    signed = f"POST\n/x?a=1\n{CREATED}\n{digest}".encode()
    assert request.headers["X-Signature"] == hmac.new(b"key", signed, "sha256").hexdigest()
    assert request.headers["X-Timestamp"] == str(CREATED)
    assert base64.b64encode(b"key").decode() not in repr(request.headers)
