"""Downloads to a file: atomic, verified, and resumed after a broken connection, a kill or a restart.

Used by `BaseClient.download`. A `Download` takes a request and a function that opens it, and does not know the client.
For uploads, see `Upload`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import IO, TypeAlias

import attrs

from asdk.errors import AsdkError, IntegrityError, InvalidRequestError, StatusError, TransportError, describe_type
from asdk.http.bodies import ProgressCallback, Upload
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import origin_of
from asdk.progress import ProgressDisplay
from asdk.redaction import show
from asdk.retrying import Retry, Retrying
from asdk.transfers.open_file import OpenFile
from asdk.transfers.partial_file import PartialFile
from asdk.transfers.representation import Representation, range_length

__all__ = ["Download", "DownloadResult", "ProgressCallback", "Upload"]

#: Opens the response to a request, with its body unread. Raises for a bad status.
Open: TypeAlias = Callable[[Request], Awaitable[Response]]

# How many bytes are buffered before they are written: a thread is called once per mebibyte.
_WRITE_SIZE = 2**20

# A broken attempt that gets this many bytes further than all before it, more than the heads of a request and its
# response, costs no quota.
_PROGRESS_SIZE = 4 * 1024

# The statuses of a complete file: OK, and "Non-Authoritative Information", an OK that a proxy changed.
_COMPLETE = (200, 203)


@attrs.frozen(kw_only=True)
class DownloadResult:
    """A downloaded file.

    Attributes:
        path: the path of the file; for an open file its name, ``Path()`` if it has none.
        size: the size in bytes.
        resumed_from: the number of bytes that were left from an earlier download.
        checked: the digests that were verified, by their names in hashlib.
        etag: the strong entity tag of this version, if the server sent one.
        media_type: the Content-Type, if the server sent one.
    """

    path: Path
    size: int
    resumed_from: int = 0
    checked: tuple[str, ...] = ()
    etag: str | None = None
    media_type: str | None = None


class Download:
    """A single download, from its first request to the published file.

    Args:
        request: a GET request.
        open: the function that sends it.
        to: the path of the file, which is replaced if it exists; or a file that is open for writing bytes.
        progress: a function that is called with the bytes on disk and the size (None if unknown), or a display that
            gets a bar for the download.
        resume: whether to resume from what an earlier download to the same path left.
        sha256: the expected SHA-256 of the file, in hex.
        source: a stable identifier of the content, for URLs that change, such as signed links.

    Raises:
        InvalidRequestError: `to` is neither the name of a file nor one that accepts bytes, or `sha256` is not a digest.
    """

    def __init__(
        self,
        request: Request,
        open: Open,
        to: str | os.PathLike[str] | IO[bytes],
        *,
        progress: ProgressCallback | ProgressDisplay | None = None,
        resume: bool = True,
        sha256: str | None = None,
        source: str | None = None,
    ) -> None:
        request.stream = True
        # Ranges count bytes of the representation: a part of a compressed body is not a part of the file.
        request.headers["Accept-Encoding"] = "identity"
        self._request = request
        self._open = open
        self._display = progress if isinstance(progress, ProgressDisplay) else None
        self._progress = None if isinstance(progress, ProgressDisplay) else progress
        self._resume = resume
        self._expected = {} if sha256 is None else {"sha256": _check_hex(sha256)}
        self._part: PartialFile | OpenFile
        if isinstance(to, str | os.PathLike):
            self._path = Path(to)
            if not self._path.name:
                raise InvalidRequestError(f"to must be the name of a file, got the directory {self._path}")
            self._part = PartialFile(self._path, _fingerprint(request, source or request.url))
        elif hasattr(to, "write"):
            self._part = OpenFile(to, self._expected)
            self._path = self._part.path
        else:
            raise InvalidRequestError(f"to must be a path or a file that is open for writing, got {describe_type(to)}")
        self._response: Response | None = None
        self._furthest = self._resumed_from = 0
        self._retrying: Retrying | None = None
        self._started = 0.0

    async def run(self) -> DownloadResult:
        """Download the file.

        Raises:
            IntegrityError: the length or a digest is not the one that the server announced or the caller expects.
            StreamError: the file cannot be written.
            TransportError, StatusError, TokenError: the request failed. What was received is kept if it can be resumed.
        """
        if self._display is None:
            return await self._run()
        with self._display.add_task(self._path.name, unit="B") as track:
            self._progress = track.update
            return await self._run()

    async def _run(self) -> DownloadResult:
        part = self._part
        try:
            await part.open(resume=self._resume)
            self._resumed_from = self._furthest = part.size
            self._started = self._request.clock.monotonic()
            await self._fetch_all()
            checked = await self._verify()
            version = part.version or Representation()
            done = DownloadResult(
                path=self._path,
                size=part.size,
                resumed_from=self._resumed_from,
                checked=checked,
                etag=version.etag,
                media_type=version.media_type,
            )
            await part.publish()
            return done
        finally:
            part.close()

    async def _fetch_all(self) -> None:
        """Send requests until the file is complete, within the `Retry` policy and its quota."""
        failures = 0
        while True:
            before = self._part.size
            request = self._next_request(failures)
            failure = await self._fetch(request)
            if failure is None:
                if self._retrying is not None:
                    self._retrying.succeeded()
                size = None if self._part.version is None else self._part.version.size
                if size is None or self._part.size >= size:
                    return
                if self._part.size > before:
                    continue  # the server limits the size of a part
                failure = self._integrity_error(f"the server sends nothing beyond byte {self._part.size} of {size}")
            advanced = self._part.size - self._furthest
            made_progress = advanced >= _PROGRESS_SIZE
            self._furthest = max(self._furthest, self._part.size)
            # Any new byte restarts the count of failures, but only real progress costs no quota: a server that sends a
            # byte per attempt is not asked forever.
            failures = 1 if advanced > 0 else max(failures + 1, request.state.attempts)
            pause = self._pause_before_next(request, failure, failures, made_progress)
            if pause is None:
                try:
                    raise failure
                finally:
                    del failure  # a frame that keeps the error it raises makes a cycle
            del failure
            await self._request.clock.sleep(pause)

    def _next_request(self, failures: int) -> Request:
        """Return the next request. The middleware continues the retries and their count: there is one policy."""
        request = self._request.copy()
        if failures:
            request.state.attempts = failures + 1
            request.state.retrying = self._retrying
        return request

    def _pause_before_next(
        self, request: Request, failure: AsdkError, failures: int, made_progress: bool
    ) -> float | None:
        """Return the seconds to wait before the next request, None to raise the failure."""
        policy = request.options.retry
        if policy is None:
            return None
        retrying = self._retrying
        if retrying is None:
            retrying = self._retrying = self._make_retrying(policy, request)
        retrying.body_broke()
        if isinstance(failure, TransportError) and not failure.retryable:
            return None
        if made_progress:
            retrying.restart()
        return retrying.pause_before_next(failures, failure, retry_after=failure.retry_after, free=made_progress)

    def _make_retrying(self, policy: Retry, request: Request) -> Retrying:
        # Without a deadline: the total of a download bounds the head of each request, and not the body.
        return Retrying(
            policy,
            request.clock,
            started=self._started,
            quota=request.state.quota,
            origin=origin_of(request.url),
        )

    async def _fetch(self, request: Request) -> AsdkError | None:
        """Send one request for the missing bytes. Return the error that broke its body, None if it is complete."""
        part = self._part
        start, version = part.size, part.version
        if start and version is not None and version.validator is not None:
            request.headers["Range"] = f"bytes={start}-"
            request.headers["If-Range"] = version.validator
        else:
            start, version = 0, None
        try:
            response = self._response = await self._open(request)
        except StatusError as error:
            if error.status != 416 or not start:
                raise
            return await self._start_over(f"the server has nothing beyond byte {start}")
        try:
            if response.status == 206:
                problem = "no part was requested" if version is None else version.problem_with(response, start)
                if problem is not None or version is None:
                    return await self._start_over(problem or "")
                await part.note(version.with_part(response))
                expected: int | None = range_length(response)
            elif response.status not in _COMPLETE:
                raise self._integrity_error("a response with this status is not a file")
            else:
                self._resumed_from = 0
                await part.begin(Representation.of(response))
                expected = None if part.version is None else part.version.size
            return await self._receive(response, expected)
        finally:
            await response.aclose()

    async def _start_over(self, problem: str) -> AsdkError:
        """Discard a part that cannot be resumed. Return the error; it counts as a failure and may be retried."""
        await self._part.reset()
        return self._integrity_error(f"the parts do not belong together: {problem}")

    async def _receive(self, response: Response, expected: int | None) -> AsdkError | None:
        """Write the body to the disk. Return the error that broke it, None if it is complete."""
        part, received = self._part, 0
        waiting = bytearray()
        failure: AsdkError | None = None
        self._report_progress()
        async with aclosing(response.iter_bytes()) as chunks:
            try:
                async for chunk in chunks:
                    received += len(chunk)
                    if expected is not None and received > expected:
                        await part.discard()
                        raise self._integrity_error(f"the server sent more than the {expected} bytes it announced")
                    waiting += chunk
                    if len(waiting) >= _WRITE_SIZE:
                        data, waiting = bytes(waiting), bytearray()
                        await part.write(data)
                        self._report_progress()
            except TransportError as error:
                failure = error
        if waiting:
            await part.write(bytes(waiting))
            self._report_progress()
        try:
            return failure
        finally:
            del failure

    def _report_progress(self) -> None:
        if self._progress is not None:
            self._progress(self._part.size, None if self._part.version is None else self._part.version.size)

    async def _verify(self) -> tuple[str, ...]:
        """Compare length and digests with those announced and expected. Return the names of the digests."""
        part = self._part
        version = part.version or Representation()
        if version.size is not None and part.size != version.size:
            size = part.size
            await part.discard()
            raise self._integrity_error(f"the file must have {version.size} bytes as announced, got {size}")
        for origin, expected in {"announced": version.digests, "expected": self._expected}.items():
            found = await part.digests(expected)
            wrong = [algorithm for algorithm in expected if found[algorithm] != expected[algorithm].lower()]
            if wrong:
                await part.discard()
                name = wrong[0]
                raise self._integrity_error(
                    f"the {name} of the file must be {expected[name]} as {origin}, got {found[name]}"
                )
        return tuple(dict.fromkeys([*version.digests, *self._expected]))

    def _integrity_error(self, message: str) -> IntegrityError:
        response = self._response
        return IntegrityError(
            show(message, self._request if response is None else response.request),  # a header may echo anything
            method=self._request.method,
            template=self._request.template,
            status=None if response is None else response.status,
            request_id=None if response is None else response.request_id,
            attempts=0 if response is None else response.attempts,
        )


def _fingerprint(request: Request, source: str) -> str:
    """Return a hash of the source and the tenant, which identifies both without revealing a secret in a URL."""
    return hashlib.sha256(f"{source}\n{request.options.tenant}".encode(errors="surrogatepass")).hexdigest()


def _check_hex(digest: str) -> str:
    if len(digest) != 64 or not set(digest.lower()) <= set("0123456789abcdef"):
        raise InvalidRequestError(f"sha256 must be 64 hexadecimal digits, got {digest!r}")
    return digest.lower()
