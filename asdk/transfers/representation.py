"""`Representation`: length, validators and digests of a file, as its responses state them. No I/O.

Used by `asdk.transfers.download` to decide whether the parts of a download belong together.
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

#: The digests that are verified: name in the registry of RFC 9530 or its predecessor, name in hashlib, size in bytes.
ALGORITHMS: Mapping[str, tuple[str, int]] = {
    "sha-512": ("sha512", 64),
    "sha-256": ("sha256", 32),
    "sha": ("sha1", 20),
    "md5": ("md5", 16),
}

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)").fullmatch
_LENGTH = re.compile(r"[0-9]{1,18}").fullmatch
_STRONG_TAG = re.compile(r'"[\x21\x23-\x7e]*"').fullmatch


@attrs.frozen(kw_only=True)
class Representation:
    """One version of a file, as described by the server.

    Attributes:
        size: the size in bytes; None if unknown.
        etag: a strong entity tag.
        last_modified: the modification date, if it can tell two versions apart.
        digests: the digests in hex, by the name of the algorithm in hashlib.
        media_type: the Content-Type.
        is_encoded: whether the response was compressed, so that its length and digests are not those of the file.
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
        """Build one from a complete response (200)."""
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
                **_new_digests(headers, "content-digest"),  # the same as the next for a complete response
                **_new_digests(headers, "repr-digest"),
            },
            media_type=headers.get("content-type"),
            takes_ranges=headers.get("accept-ranges", "").strip().lower() != "none",
        )

    @classmethod
    def load(cls, data: Any) -> Self | None:
        """Load one from plain data; None if the data is invalid."""
        try:
            return decoder_for(cls).from_data(data)
        except DecodeError:
            return None

    @property
    def validator(self) -> str | None:
        """Return the value for ``If-Range``. Without one, parts must not be combined (RFC 9110, section 13.1.5)."""
        return (self.etag or self.last_modified) if self.takes_ranges else None

    def problem_with(self, response: Response, start: int) -> str | None:
        """Return why a partial response (206) does not continue this file at ``start``; None if it does."""
        headers = response.headers
        found = _CONTENT_RANGE(headers.get("content-range", "").strip())
        if found is None:
            return f"the Content-Range of a part must be valid, got {headers.get('content-range')!r}"
        first, last = int(found[1]), int(found[2])
        total = None if found[3] == "*" else int(found[3])
        if first != start or last < first or (total is not None and last >= total):
            return f"the part must contain the bytes from {start}, got {found[0]!r}"
        if total is not None and self.size is not None and total != self.size:
            return f"the file changed: it had {self.size} bytes and now has {total}"
        tag = _strong_tag(headers)
        if self.etag is not None and "etag" in headers and tag != self.etag:
            return f"the file changed: its ETag was {self.etag} and now is {headers['etag']}"
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            return "the server compressed the part"
        return None

    def with_part(self, response: Response) -> Self:
        """Return a copy with the size and the digests of the complete file that a partial response states."""
        found = _CONTENT_RANGE(response.headers.get("content-range", "").strip())
        total = int(found[3]) if found is not None and found[3] != "*" else None
        digests = {**_old_digests(response.headers), **_new_digests(response.headers, "repr-digest"), **self.digests}
        return attrs.evolve(self, size=total if self.size is None else self.size, digests=digests)


def range_length(response: Response) -> int:
    """Return the number of bytes that a partial response announces. Its Content-Range must be valid."""
    found = _CONTENT_RANGE(response.headers["content-range"].strip())
    assert found is not None
    return int(found[2]) - int(found[1]) + 1


def _strong_tag(headers: Headers) -> str | None:
    tag = headers.get("etag", "").strip()
    return tag if _STRONG_TAG(tag) else None


def _strong_date(headers: Headers) -> str | None:
    """Return the Last-Modified date if the file cannot have changed again in that second (RFC 9110, 8.8.2.2)."""
    value = headers.get("last-modified", "").strip()
    modified, sent = http_date(value), http_date(headers.get("date", ""))
    return value if modified is not None and sent is not None and modified + 1 <= sent else None


def _new_digests(headers: Headers, name: str) -> dict[str, str]:
    """Parse Repr-Digest or Content-Digest: ``sha-256=:base64:, ...`` (RFC 9530)."""
    digests: dict[str, str] = {}
    for member in headers.get(name, "").split(","):  # a member's value is base64, so a comma never is part of it
        algorithm, _, value = member.partition(";")[0].strip().partition("=")
        if len(value) >= 2 and value[0] == value[-1] == ":":
            digests[algorithm] = value[1:-1]
    return _known(digests)


def _old_digests(headers: Headers) -> dict[str, str]:
    """Parse Digest: ``SHA-256=base64,...`` (RFC 3230)."""
    pairs = (part.strip().partition("=") for part in headers.get("digest", "").split(","))
    return _known({algorithm.lower(): value for algorithm, _, value in pairs})


def _md5(headers: Headers) -> dict[str, str]:
    """Parse Content-MD5 (RFC 1864)."""
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
