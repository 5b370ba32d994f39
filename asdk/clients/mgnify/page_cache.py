"""`PageCache`: pages of query sets on the disk, so that a walk that broke asks only for the rest. Given to `MGnify`.

Not the cache of RFC 9111, which is `asdk.middleware.CacheMiddleware`: MGnify says nothing of how long a page is good,
and a checkpoint must outlive the process.
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

from asdk.auth import TokenSource
from asdk.clients.mgnify.credentials import SlidingToken
from asdk.concurrency.private_files import Folder, UntrustedFileError, private_folder
from asdk.concurrency.threads import in_thread
from asdk.errors import ConfigurationError, DecodeError
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.middleware.chain import StackOrder
from asdk.transports.base import Handler

T = TypeVar("T")

_HOUR = 3600.0
_DAY = 24 * _HOUR

# What a file may have in bytes: a response may have 64 MiB, and a line of ours stands before it.
_LARGEST = 65 * 2**20

# A call for a page has its number in the query; counts, records and the status of a search have none.
_NUMBER = re.compile(r"[?&]page=[0-9]+(?:&|$)").search
_OURS = re.compile(r"[0-9a-f]{32}\.json(\.tmp)?").fullmatch

_log = logging.getLogger("asdk")


class PageCache:
    """Keeps the pages that lists and relations fetched, each in a file that nobody but its owner can read.

    A page is found again by its whole URL and by whose it is: what comes with a token is kept for the settings that the
    token came from, and for no others; what comes without one is everybody's. Only whole pages are kept, never a
    failure. ``headers={"Cache-Control": "no-cache"}`` on a call fetches anew and keeps that, ``no-store`` passes the
    cache by. What the disk refuses is logged once, as a warning on the logger ``asdk``, and fetched.

    Several clients and processes may share a directory.

    Args:
        directory: a folder in it is made and used, with the mode 0700.
        lifetime: how many seconds a page is good for.

    Raises:
        ConfigurationError: the lifetime is not positive.
    """

    def __init__(self, directory: str | os.PathLike[str], *, lifetime: float = _DAY) -> None:
        if not lifetime > 0:
            raise ConfigurationError(f"the lifetime of a page is a positive number of seconds, not {lifetime!r}")
        self._parent = Path(directory).expanduser().absolute()
        self.directory = self._parent / "mgnify-pages"
        self.lifetime = lifetime
        self._complaints: set[str] = set()
        self._is_swept = False

    async def load(self, key: str, now: float) -> bytes | None:
        """The page under a key, if there is one that is still good at this moment, in epoch seconds."""
        return await in_thread(lambda: self._tolerant(lambda: self._load(f"{key}.json", now)))

    async def save(self, key: str, page: bytes, now: float) -> None:
        """Keep a page, in the place of what was there."""
        await in_thread(lambda: self._tolerant(lambda: self._save(f"{key}.json", page, now)))

    async def clear(self) -> None:
        """Remove all pages, of all users of this directory."""
        await in_thread(lambda: self._tolerant(lambda: self._sweep(None)))

    def middleware(self, source: TokenSource | None) -> PageCacheMiddleware:
        """What answers the calls of one client from here.

        Args:
            source: of the client's token; None for a client without one.
        """
        return PageCacheMiddleware(self, source)

    def _tolerant(self, work: Callable[[], T]) -> T | None:
        """Whatever the disk says, the page can be fetched."""
        try:
            return work()
        except FileNotFoundError:
            return None
        except (OSError, UntrustedFileError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
        if problem not in self._complaints:
            self._complaints.add(problem)
            _log.warning("a page in %s is passed over: %s", self.directory, problem)
        return None

    def _load(self, name: str, now: float) -> bytes | None:
        with private_folder(self.directory, make=False) as folder:
            text, _ = folder.read(name, _LARGEST)
        if text is None:
            return None
        head, _, page = text.reveal().encode().partition(b"\n")
        saved, digest = head.decode().split()
        if digest != _digest(page):
            raise ValueError(f"{name} is damaged")
        return page if 0 <= now - float(saved) < self.lifetime else None

    def _save(self, name: str, page: bytes, now: float) -> None:
        page.decode()  # what is no text could not be read again
        with private_folder(self.directory, make=True) as folder:
            _write(folder, name, f"{now} {_digest(page)}\n".encode() + page, until=now + self.lifetime)
        if not self._is_swept:
            self._is_swept = True
            self._sweep(now)

    def _sweep(self, now: float | None) -> None:
        """Remove the pages that are over at a moment, and what writers that were killed left; None for everything."""
        with private_folder(self.directory, make=False) as folder, os.scandir(self.directory) as entries:
            for entry in entries:
                ours = _OURS(entry.name)
                if ours and (now is None or entry.stat(follow_symlinks=False).st_mtime + _grace(ours) <= now):
                    folder.remove(entry.name)

    def __repr__(self) -> str:
        return f"<PageCache in {self.directory}, {self.lifetime:g} s>"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self._parent, self.lifetime)


class PageCacheMiddleware:
    """Answers calls for pages from a `PageCache`, and fills it.

    Args:
        cache: has the pages.
        source: of the client's token; None for a client without one.
    """

    order = StackOrder.CACHE

    def __init__(self, cache: PageCache, source: TokenSource | None) -> None:
        self._cache = cache
        self._source = source

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        control, owner = request.headers.get("Cache-Control", ""), self._owner(request)
        if owner is None or not _asks_for_page(request) or "no-store" in control:
            return await call_next(request)
        key = hashlib.sha256(json.dumps(["mgnify page", request.url, owner]).encode()).hexdigest()[:32]
        page = None if "no-cache" in control else await self._cache.load(key, request.clock.time())
        if page is not None:
            return Response(200, {"Content-Type": "application/json"}, page, request=request)
        response = await call_next(request)
        # A person who is asked for a login may have become another one meanwhile.
        if response.status == 200 and _is_page(response) and self._owner(request) == owner:
            await self._cache.save(key, response.content, request.clock.time())
        return response

    def _owner(self, request: Request) -> str | None:
        """Whose the page is, empty for what everybody may see; None as long as that is not known."""
        source = self._source
        if source is None or not request.authenticate:
            return ""
        credential = source.credential
        if isinstance(credential, SlidingToken):
            return credential.owner
        # Others may say who they will be before anybody has believed them.
        identity = credential.identity if source.peek() is not None else None
        return None if identity is None else f"{identity.key}-{identity.seed}"


def _asks_for_page(request: Request) -> bool:
    is_plain = request.method == "GET" and request.same_origin and not request.stream
    # A secret of the call's own makes it somebody else's.
    return is_plain and _NUMBER(request.url) is not None and not request.headers.secrets()


def _is_page(response: Response) -> bool:
    try:
        data: Any = response.json()
        return isinstance(data["items"], list)
    except (DecodeError, LookupError, TypeError):
        return False


def _grace(name: re.Match[str]) -> float:
    """How long what has such a name may be there beyond its date: somebody may be writing it."""
    return _HOUR if name[1] else 0.0


def _digest(page: bytes) -> str:
    return hashlib.blake2b(page, digest_size=16).hexdigest()


def _write(folder: Folder, name: str, content: bytes, *, until: float) -> None:
    """At once, and without a lock: whoever writes the same page beside us has a temporary name of his own.

    The file is dated to its end, since those who share the directory may have lifetimes of their own.
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
