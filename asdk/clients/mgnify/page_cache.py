"""`PageCache`: a disk cache for the pages of query sets, so an interrupted iteration can resume. Passed to `MGnify`.

This is not the cache of RFC 9111, which is `asdk.middleware.CacheMiddleware`: MGnify does not state how long a page is
valid, and a checkpoint must outlive the process.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from asdk import ConfigurationError, DecodeError, Request, Response
from asdk.auth import TokenSource
from asdk.clients.mgnify.credentials import SlidingToken
from asdk.concurrency import (
    PrivateDirectory,
    UntrustedFileError,
    expand_home,
    open_private_directory,
    run_in_thread,
)
from asdk.middleware import Handler, StackOrder

T = TypeVar("T")

_HOUR = 3600.0
_DAY = 24 * _HOUR

# The maximum size of a file in bytes: a response of up to 64 MiB, with a header line.
_LARGEST = 65 * 2**20

# A request for a page has a page number in its query; counts, records and search statuses do not.
_NUMBER = re.compile(r"[?&]page=[0-9]+(?:&|$)").search
_OURS = re.compile(r"[0-9a-f]{32}\.json(\.tmp)?").fullmatch

_log = logging.getLogger("asdk")


class PageCache:
    """A cache for the pages of lists and relations, with one file per page that only its owner can read.

    The key is the full URL and the owner. A page fetched with a token is returned only for the settings that the token
    came from; a page fetched without a token is public. Only complete pages are stored, never errors.
    ``headers={"Cache-Control": "no-cache"}`` on a call fetches the page again and stores it; ``no-store`` bypasses the
    cache. If the disk fails, the page is fetched, and each problem is logged once as a warning on the logger ``asdk``.

    Several clients and processes may share a directory.

    Args:
        directory: the parent directory; the cache creates a folder in it with mode 0700.
        lifetime: the time in seconds for which a page is fresh.

    Raises:
        ConfigurationError: the lifetime is not positive, or the home directory is unknown.
    """

    def __init__(self, directory: str | os.PathLike[str], *, lifetime: float = _DAY) -> None:
        if not lifetime > 0:
            raise ConfigurationError(f"lifetime must be a positive number of seconds, got {lifetime!r}")
        self._parent = expand_home("page_cache", directory).absolute()
        self.directory: Path = self._parent / "mgnify-pages"
        self.lifetime = lifetime
        self._problems: set[str] = set()
        self._is_swept = False

    async def load(self, key: str, now: float) -> bytes | None:
        """Return the page stored under a key if it is fresh at the time ``now``, in epoch seconds."""
        return await run_in_thread(lambda: self._tolerant(lambda: self._load(f"{key}.json", now)))

    async def save(self, key: str, page: bytes, now: float) -> None:
        """Store a page, replacing an earlier one."""
        await run_in_thread(lambda: self._tolerant(lambda: self._save(f"{key}.json", page, now)))

    async def clear(self) -> None:
        """Remove all pages of all users of this directory."""
        await run_in_thread(lambda: self._tolerant(lambda: self._sweep(None)))

    def middleware(self, source: TokenSource | None) -> PageCacheMiddleware:
        """Return the middleware that answers one client's calls from this cache.

        Args:
            source: the source of the client's token; None for a client without a token.
        """
        return PageCacheMiddleware(self, source)

    def _tolerant(self, work: Callable[[], T]) -> T | None:
        """Do the work and return its result; log a disk error and return None, so that the page is fetched."""
        try:
            return work()
        except FileNotFoundError:
            return None
        except (OSError, UntrustedFileError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
        if problem not in self._problems:
            self._problems.add(problem)
            _log.warning("ignoring a page in %s: %s", self.directory, problem)
        return None

    def _load(self, name: str, now: float) -> bytes | None:
        with open_private_directory(self.directory, make=False) as folder:
            text, _ = folder.read(name, _LARGEST)
        if text is None:
            return None
        head, _, page = text.reveal().encode().partition(b"\n")
        saved, digest = head.decode().split()
        if digest != _digest(page):
            raise ValueError(f"{name} is damaged")
        return page if 0 <= now - float(saved) < self.lifetime else None

    def _save(self, name: str, page: bytes, now: float) -> None:
        page.decode()  # invalid UTF-8 could not be read back
        with open_private_directory(self.directory, make=True) as folder:
            _write(folder, name, f"{now} {_digest(page)}\n".encode() + page, until=now + self.lifetime)
        if not self._is_swept:
            self._is_swept = True
            self._sweep(now)

    def _sweep(self, now: float | None) -> None:
        """Remove the pages that have expired at ``now`` and files of killed writers; with None, remove all files."""
        with open_private_directory(self.directory, make=False) as folder, os.scandir(self.directory) as entries:
            for entry in entries:
                ours = _OURS(entry.name)
                if ours and (now is None or entry.stat(follow_symlinks=False).st_mtime + _grace(ours) <= now):
                    folder.remove(entry.name)

    def __repr__(self) -> str:
        return f"<PageCache in {self.directory}, {self.lifetime:g} s>"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self._parent, self.lifetime)


class PageCacheMiddleware:
    """The middleware that answers requests for pages from a `PageCache` and stores new pages.

    Args:
        cache: the cache.
        source: the source of the client's token; None for a client without a token.
    """

    order = StackOrder.CACHE

    def __init__(self, cache: PageCache, source: TokenSource | None) -> None:
        self._cache = cache
        self._source = source

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        """Return the cached page, or send the request and store the page."""
        control, owner = request.headers.get("Cache-Control", ""), self._owner(request)
        if owner is None or not _asks_for_page(request) or "no-store" in control:
            return await call_next(request)
        key = hashlib.sha256(json.dumps(["mgnify page", request.url, owner]).encode()).hexdigest()[:32]
        page = None if "no-cache" in control else await self._cache.load(key, request.clock.time())
        if page is not None:
            return Response(200, {"Content-Type": "application/json"}, page, request=request)
        response = await call_next(request)
        # A login prompt during the request may have changed the account.
        if response.status == 200 and _is_page(response) and self._owner(request) == owner:
            await self._cache.save(key, response.content, request.clock.time())
        return response

    def _owner(self, request: Request) -> str | None:
        """Return the page's owner: empty for public pages, None while unknown."""
        source = self._source
        if source is None or not request.authenticate:
            return ""
        credential = source.credential
        if isinstance(credential, SlidingToken):
            return credential.owner
        # Other credentials state an identity before the server has verified it.
        identity = credential.identity if source.peek() is not None else None
        return None if identity is None else f"{identity.key}-{identity.seed}"


def _asks_for_page(request: Request) -> bool:
    is_plain = request.method == "GET" and request.same_origin and not request.stream
    # A secret in the call's own headers may belong to another account.
    return is_plain and _NUMBER(request.url) is not None and not request.headers.secrets()


def _is_page(response: Response) -> bool:
    try:
        data: Any = response.json()
        return isinstance(data["items"], list)
    except (DecodeError, LookupError, TypeError):
        return False


def _grace(name: re.Match[str]) -> float:
    """Return the time that a file may outlive its date: a temporary file may still be written."""
    return _HOUR if name[1] else 0.0


def _digest(page: bytes) -> str:
    return hashlib.blake2b(page, digest_size=16).hexdigest()


def _write(folder: PrivateDirectory, name: str, content: bytes, *, until: float) -> None:
    """Write a file atomically. No lock is needed: concurrent writers use different temporary names.

    The modification time is set to the expiry, because users of the directory may have different lifetimes.
    """
    temporary = f"{secrets.token_hex(16)}.json.tmp"
    try:
        with open(folder.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(content)
        os.utime(folder.path / temporary, (until, until))
        os.replace(folder.path / temporary, folder.path / name)
    except BaseException:
        with contextlib.suppress(OSError):
            folder.remove(temporary)
        raise


def _rebuild(directory: Path, lifetime: float) -> PageCache:
    return PageCache(directory, lifetime=lifetime)
