"""Downloads to a file: atomic, checked, resumed after a cut, a kill or a restart. For uploads, see `Upload`.

Made by `BaseClient.download`; it takes a request and a function that opens it, and knows no client.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TypeAlias

import attrs

from asdk.errors import AsdkError, IntegrityError, InvalidRequestError, StatusError, TransportError
from asdk.http.bodies import ProgressCallback, Upload
from asdk.http.options import Retry
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import origin_of
from asdk.progress import ProgressDisplay
from asdk.retrying import FIRST_TRY_REFUND, RETRY_COST
from asdk.transfers.partial_file import PartialFile
from asdk.transfers.representation import Representation, range_length

__all__ = ["Download", "DownloadResult", "ProgressCallback", "Upload"]

#: Opens the response to a request: its body is still to be read. Raises for a bad status.
Open: TypeAlias = Callable[[Request], Awaitable[Response]]

# How much is gathered before it is written, in bytes: a thread is asked once a mebibyte.
_WRITTEN_AT_ONCE = 2**20

# So many bytes beyond all that came before make an attempt a success, though it broke: the failures are counted anew.
_HEADWAY = 256 * 1024


# OK, and "Non-Authoritative Information": OK through a proxy that changed something.
_WHOLE = (200, 203)


@attrs.frozen(kw_only=True)
class DownloadResult:
    """A file that was downloaded.

    Attributes:
        path: where it lies.
        size: in bytes.
        resumed_from: how many bytes of it an earlier download had left.
        checked: the digests that were compared, by their names in hashlib; empty if there was none.
        etag: the strong entity tag of this version, if the server gave one.
        media_type: the Content-Type, if the server gave one.
    """

    path: Path
    size: int
    resumed_from: int = 0
    checked: tuple[str, ...] = ()
    etag: str | None = None
    media_type: str | None = None


class Download:
    """One download, from its first request to the file under its name.

    Args:
        request: a GET.
        open: sends it.
        to: the file; replaced if it is there.
        progress: called with the bytes on the disk and the size, None if that is unknown; or a display, where it gets a
            line of its own.
        resume: whether to take up what an earlier download to the same place left.
        sha256: what the file must have, in hex.
        source: names what is downloaded, where its URL does not: one that is signed anew each time.
    """

    def __init__(
        self,
        request: Request,
        open: Open,
        to: str | os.PathLike[str],
        *,
        progress: ProgressCallback | ProgressDisplay | None = None,
        resume: bool = True,
        sha256: str | None = None,
        source: str | None = None,
    ) -> None:
        request.stream = True
        # Ranges count bytes as they are stored: a part of a compressed body is no part of the file.
        request.headers["Accept-Encoding"] = "identity"
        self._request = request
        self._open = open
        self._target = Path(to)
        if not self._target.name:
            raise InvalidRequestError(f"{self._target} is a folder; give the name of a file")
        self._display = progress if isinstance(progress, ProgressDisplay) else None
        self._progress = None if isinstance(progress, ProgressDisplay) else progress
        self._resume = resume
        self._expected = {} if sha256 is None else {"sha256": _checked_hex(sha256)}
        self._part = PartialFile(self._target, _fingerprint(request, source or request.url))
        self._response: Response | None = None
        self._furthest = self._resumed_from = 0
        self._owes = False

    async def run(self) -> DownloadResult:
        """Download.

        Raises:
            IntegrityError: length or digest are not what the server announced.
            StreamError: the file cannot be written.
            TransportError, StatusError, TokenError: what came is kept, where the server told how to go on from there.
        """
        if self._display is None:
            return await self._run()
        with self._display.track(self._target.name, unit="B") as track:
            self._progress = track.update
            return await self._run()

    async def _run(self) -> DownloadResult:
        part = self._part
        try:
            await part.open(resume=self._resume)
            self._resumed_from = self._furthest = part.size
            await self._fetch_all()
            checked = await self._check()
            version = part.version or Representation()
            done = DownloadResult(
                path=self._target,
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
        """Request after request until all is there, within the `Retry` policy and its quota."""
        failures = 0
        while True:
            before = self._part.size
            request = self._next_request(failures)
            failure = await self._fetch(request)
            if failure is None:
                self._refund(request)
                size = None if self._part.version is None else self._part.version.size
                if size is None or self._part.size >= size:
                    return
                if self._part.size > before:
                    continue  # the server sends no more at a time
                failure = self._integrity(f"the server sends nothing beyond byte {self._part.size} of {size}")
            if request.state.quota is not None:
                request.state.quota.take(origin_of(request.url), FIRST_TRY_REFUND)  # its head was taken for a success
            got_on = self._part.size >= self._furthest + _HEADWAY
            self._furthest = max(self._furthest, self._part.size)
            failures = 1 if got_on else max(failures + 1, request.state.attempts)
            policy = self._request.options.retry
            is_final = isinstance(failure, TransportError) and not failure.retryable
            if policy is None or failures >= policy.attempts or is_final or not (got_on or self._pay(request)):
                try:
                    raise failure
                finally:
                    del failure  # a frame that keeps the error it raises makes a cycle
            del failure
            await self._request.clock.sleep(_pause(policy, failures))

    def _next_request(self, failures: int) -> Request:
        """A request whose own retries are counted with the failures before it: they are attempts of one policy."""
        request = self._request.copy()
        policy = request.options.retry
        if policy is not None and failures:
            rest = attrs.evolve(policy, attempts=policy.attempts - failures)
            request.options = attrs.evolve(request.options, retry=rest)
            request.state.attempts = failures + 1
        return request

    def _pay(self, request: Request) -> bool:
        """Take from the quota of the origin what a retry costs; a download that got on is not asked for it."""
        paid = request.state.quota is None or request.state.quota.take(origin_of(request.url), RETRY_COST)
        self._owes = self._owes or paid
        return paid

    def _refund(self, request: Request) -> None:
        """The last repetition was worth it."""
        if self._owes and request.state.quota is not None:
            request.state.quota.give(origin_of(request.url), RETRY_COST)
        self._owes = False

    async def _fetch(self, request: Request) -> AsdkError | None:
        """One request for what is missing; what broke its body, if that broke."""
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
            return await self._begin_again(f"the server has nothing beyond byte {start}")
        try:
            if response.status == 206:
                problem = "a part was not asked for" if version is None else version.problem_with(response, start)
                if problem is not None or version is None:
                    return await self._begin_again(problem or "")
                await part.note(version.with_part(response))
                expected: int | None = range_length(response)
            elif response.status not in _WHOLE:
                raise self._integrity("this is a success, but no file")
            else:
                self._resumed_from = 0
                await part.begin(Representation.of(response))
                expected = None if part.version is None else part.version.size
            return await self._receive(response, expected)
        finally:
            await response.aclose()

    async def _begin_again(self, problem: str) -> AsdkError:
        """What is there cannot be continued: it goes, and that counts as a failure, which may be repeated."""
        await self._part.reset()
        return self._integrity(f"the parts do not belong together: {problem}")

    async def _receive(self, response: Response, expected: int | None) -> AsdkError | None:
        """The body to the disk."""
        part, received = self._part, 0
        waiting = bytearray()
        failure: AsdkError | None = None
        self._tell()
        async with aclosing(response.iter_bytes()) as chunks:
            try:
                async for chunk in chunks:
                    received += len(chunk)
                    if expected is not None and received > expected:
                        await part.discard()
                        raise self._integrity(f"the server sent more than the {expected} bytes it announced")
                    waiting += chunk
                    if len(waiting) >= _WRITTEN_AT_ONCE:
                        data, waiting = bytes(waiting), bytearray()
                        await part.write(data)
                        self._tell()
            except TransportError as error:
                failure = error
        if waiting:
            await part.write(bytes(waiting))
            self._tell()
        try:
            return failure
        finally:
            del failure

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._part.size, None if self._part.version is None else self._part.version.size)

    async def _check(self) -> tuple[str, ...]:
        """Compare length and digests with what was announced."""
        part = self._part
        version = part.version or Representation()
        if version.size is not None and part.size != version.size:
            size = part.size
            await part.discard()
            raise self._integrity(f"the file has {size} bytes, where {version.size} were announced")
        for name, expected in {"announced": version.digests, "asked for": self._expected}.items():
            found = await part.digests(expected)
            wrong = [algorithm for algorithm in expected if found[algorithm] != expected[algorithm].lower()]
            if wrong:
                await part.discard()
                kind = wrong[0]
                raise self._integrity(f"the {kind} of the file is {found[kind]}, where {expected[kind]} was {name}")
        return tuple(dict.fromkeys([*version.digests, *self._expected]))

    def _integrity(self, message: str) -> IntegrityError:
        response = self._response
        return IntegrityError(
            message,
            method=self._request.method,
            template=self._request.template,
            status=None if response is None else response.status,
            request_id=None if response is None else response.request_id,
            attempts=0 if response is None else response.attempts,
        )


def _pause(policy: Retry, failures: int) -> float:
    return random.uniform(0, min(policy.max_delay, policy.base_delay * 2 ** (failures - 1)))


def _fingerprint(request: Request, source: str) -> str:
    """Names what is downloaded, and for whom, without telling it: a URL may hold a secret."""
    return hashlib.sha256(f"{source}\n{request.options.tenant}".encode(errors="surrogatepass")).hexdigest()


def _checked_hex(digest: str) -> str:
    if len(digest) != 64 or not set(digest.lower()) <= set("0123456789abcdef"):
        raise InvalidRequestError(f"a SHA-256 has 64 hexadecimal digits; this has not: {digest!r}")
    return digest.lower()
