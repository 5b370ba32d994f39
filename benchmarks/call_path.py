"""The number of functions of asdk that one GET passes, and of changes from one file to another.

``python -m benchmarks.call_path [--list]`` prints two cases: a GET on a warm connection, and a GET that refreshes its
token first, with the store in memory. Counted by ``sys.setprofile``: each function of asdk that is entered, and
separately each that is resumed after a wait. `tests/test_call_path.py` holds the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import attrs

import asdk
from asdk import BaseClient, BearerToken, Credential, Tenant, TenantHeaders, Token
from asdk.auth import Identity, json_request, send_token_request
from asdk.transports.base import Handler
from benchmarks.payload import Record
from benchmarks.server import serving

PACKAGE = str(Path(asdk.__file__).parent)


class Bench(BaseClient):
    tenant_headers = TenantHeaders(tenant="X-Tenant-Id", workspace="X-Workspace-Id")


@attrs.define
class CallPath:
    """The functions that one call entered, in order, as ``(file, function)``."""

    entered: list[tuple[str, str]] = attrs.field(factory=list)
    resumed: int = 0

    @property
    def changes(self) -> int:
        """Return how often the next function is in another file than the one before."""
        files = [file for file, _ in self.entered]
        return sum(one != other for one, other in pairwise(files))

    @property
    def files(self) -> int:
        """Return the number of files."""
        return len({file for file, _ in self.entered})

    def note(self, frame: FrameType, event: str, _: Any) -> None:
        """Note an event; the profile function."""
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(PACKAGE):
            return
        if frame.f_lasti > 0 and code.co_flags & 0x80 and frame.f_lineno != code.co_firstlineno:
            self.resumed += 1
        else:
            self.entered.append((code.co_filename.removeprefix(PACKAGE + "/"), code.co_qualname))


class Login(Credential):
    """Gets its token from the benchmark server: any JSON will do."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def identity(self) -> Identity:
        """Return whose token it is."""
        return Identity(url=self._url, kind="login")

    async def fetch(self, send: Handler) -> Token:
        """Send one token request."""
        await send_token_request(send, json_request(f"{self._url}/token", {}))
        return Token(value="t" * 40, lifetime=3600.0)


async def trace_one_get(url: str, *, refreshes: bool = False) -> CallPath:
    """Return the path of one GET with the default stack, after some calls that warm everything up.

    Args:
        url: of the benchmark server.
        refreshes: whether the GET has to get a token first.
    """
    tenant = Tenant(tenant_id="tenant-1", workspace_id="workspace-1")
    path = CallPath()
    auth = Login(url) if refreshes else BearerToken("t" * 40)
    async with Bench(base_url=url, auth=auth, tenant=tenant) as client:
        for warm in (True, True, False):
            if client.token_source is not None and refreshes:
                await client.token_source.forget()
            if not warm:
                sys.setprofile(path.note)
            try:
                await client.request("GET", "/v1/documents/{id}", path_params={"id": 1}, model=Record)
            finally:
                sys.setprofile(None)
    return path


def main() -> None:
    """Print both paths."""
    parser = argparse.ArgumentParser(description="The path of one GET through asdk.")
    parser.add_argument("--list", action="store_true", help="print every function on the way")
    options = parser.parse_args()
    for name, refreshes in (("warm", False), ("with a refresh", True)):
        with serving() as url:
            path = asyncio.run(trace_one_get(url, refreshes=refreshes))
        if options.list:
            for file, function in path.entered:
                print(f"{file:28} {function}")
        counts = (
            f"{len(path.entered)} calls, {path.files} files, {path.changes} changes of file, {path.resumed} resumed"
        )
        print(f"{name}: {counts}")


if __name__ == "__main__":
    main()
