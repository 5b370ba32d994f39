"""What a response says about the whole file it belongs to: length, validators, digests. No I/O.

Read by `asdk.transfers.download`, which decides by it whether the parts of a download belong together.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Self

import attrs

from asdk.errors import DecodeError
from asdk.http.headers import Headers, http_date
from asdk.http.response import Response
from asdk.models.decoding import decoder_for

#: The digests that are checked: their names in the registry of RFC 9530 and before, in hashlib, and their bytes.
ALGORITHMS: Mapping[str, tuple[str, int]] = {
    "sha-512": ("sha512", 64),
    "sha-256": ("sha256", 32),
    "sha": ("sha1", 20),
    "md5": ("md5", 16),
}

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)").fullmatch
_LENGTH = re.compile(r"[0-9]{1,18}").fullmatch
_STRONG_TAG = re.compile(r'"[\x21\x23-\x7e]*"').fullmatch
_DIGESTS = re.compile(r"([a-z0-9*_.-]+)=:([A-Za-z0-9+/=]*):").findall


@attrs.frozen(kw_only=True)
class Representation:
    """One version of a file, as far as the server told of it.

    Attributes:
        size: in bytes; None if unknown.
        etag: a strong entity tag.
        last_modified: the date, where it is good enough to tell two versions apart.
        digests: in hex, by the name of the algorithm in hashlib.
        media_type: the Content-Type.
        is_encoded: whether it came compressed: then neither lengths nor digests are those of the file.
        takes_ranges: False if the server says that it sends no parts.
    """

    size: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    digests: dict[str, str] = attrs.field(factory=dict[str, str])
    media_type: str | None = None
    is_encoded: bool = False
    takes_ranges: bool = True

    @classmethod
    def of(cls, response: Response) -> Self:
        """What a whole response (200) says."""
        headers = response.headers
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            return cls(is_encoded=True, media_type=headers.get("content-type"))
        length = headers.get("content-length", "")
        return cls(
            size=int(length) if _LENGTH(length) and "transfer-encoding" not in headers else None,
            etag=_strong_tag(headers),
            last_modified=_strong_date(headers),
            digests={
                **_md5(headers),
                **_old_digests(headers),
                **_new_digests(headers, "content-digest"),  # of a whole response the same as the next
                **_new_digests(headers, "repr-digest"),
            },
            media_type=headers.get("content-type"),
            takes_ranges=headers.get("accept-ranges", "").strip().lower() != "none",
        )

    @classmethod
    def load(cls, data: Any) -> Self | None:
        """One that was kept as plain data; None if that is anything else."""
        try:
            return decoder_for(cls).from_data(data)
        except DecodeError:
            return None

    @property
    def validator(self) -> str | None:
        """What ``If-Range`` takes: without one, no part may be added to another (RFC 9110, section 13.1.5)."""
        return (self.etag or self.last_modified) if self.takes_ranges else None

    def problem_with(self, response: Response, start: int) -> str | None:
        """Why a partial response (206) does not continue this representation at this place; None if it does."""
        headers = response.headers
        found = _CONTENT_RANGE(headers.get("content-range", "").strip())
        if found is None:
            return f"the server sent a part without a proper Content-Range: {headers.get('content-range')!r}"
        first, last = int(found[1]), int(found[2])
        total = None if found[3] == "*" else int(found[3])
        if first != start or last < first or (total is not None and last >= total):
            return f"the server sent {found[0]!r} where bytes from {start} were asked for"
        if total is not None and self.size is not None and total != self.size:
            return f"the file has {total} bytes now; it had {self.size}"
        tag = _strong_tag(headers)
        if self.etag is not None and "etag" in headers and tag != self.etag:
            return f"the file has changed: its ETag is {headers['etag']} now; it was {self.etag}"
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            return "the server compressed the part"
        return None

    def with_part(self, response: Response) -> Self:
        """With what a partial response adds: the size, and digests of the whole."""
        found = _CONTENT_RANGE(response.headers.get("content-range", "").strip())
        total = int(found[3]) if found is not None and found[3] != "*" else None
        digests = {**_old_digests(response.headers), **_new_digests(response.headers, "repr-digest"), **self.digests}
        return attrs.evolve(self, size=total if self.size is None else self.size, digests=digests)


def range_length(response: Response) -> int:
    """How many bytes a partial response announces; it has a proper Content-Range."""
    found = _CONTENT_RANGE(response.headers["content-range"].strip())
    assert found is not None
    return int(found[2]) - int(found[1]) + 1


def _strong_tag(headers: Headers) -> str | None:
    tag = headers.get("etag", "").strip()
    return tag if _STRONG_TAG(tag) else None


def _strong_date(headers: Headers) -> str | None:
    """The Last-Modified date, if the file cannot have changed twice in the second it names (RFC 9110, 8.8.2.2)."""
    value = headers.get("last-modified", "").strip()
    modified, sent = http_date(value), http_date(headers.get("date", ""))
    return value if modified is not None and sent is not None and modified + 1 <= sent else None


def _new_digests(headers: Headers, name: str) -> dict[str, str]:
    """Repr-Digest and Content-Digest: ``sha-256=:base64:, ...`` (RFC 9530)."""
    return _known(dict(_DIGESTS(headers.get(name, ""))))


def _old_digests(headers: Headers) -> dict[str, str]:
    """Digest: ``SHA-256=base64,...`` (RFC 3230)."""
    pairs = (part.strip().partition("=") for part in headers.get("digest", "").split(","))
    return _known({algorithm.lower(): value for algorithm, _, value in pairs})


def _md5(headers: Headers) -> dict[str, str]:
    """Content-MD5 (RFC 1864)."""
    return _known({"md5": headers.get("content-md5", "").strip()})


def _known(given: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in given.items():
        if name in ALGORITHMS:
            algorithm, size = ALGORITHMS[name]
            try:
                digest = base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                continue
            if len(digest) == size:
                found[algorithm] = digest.hex()
    return found
