"""How many functions of asdk one GET goes through, and how often the path changes from one file to another.

``python -m benchmarks.call_path [--list]``. Counted by ``sys.setprofile`` on a warm connection: each function of asdk
that is entered, and apart from them each that is resumed after a wait. `tests/test_call_path.py` holds the figures.
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
from asdk import BaseClient, BearerToken, Tenant, TenantHeaders
from benchmarks.payload import Record
from benchmarks.server import serving

PACKAGE = str(Path(asdk.__file__).parent)


class Bench(BaseClient):
    tenant_headers = TenantHeaders(tenant="X-Tenant-Id", workspace="X-Workspace-Id")


@attrs.define
class CallPath:
    """What one call went through: ``(file, function)`` in the order of entering."""

    entered: list[tuple[str, str]] = attrs.field(factory=list)
    resumed: int = 0

    @property
    def changes(self) -> int:
        """How often the next function lies in another file than the one before."""
        files = [file for file, _ in self.entered]
        return sum(one != other for one, other in pairwise(files))

    @property
    def files(self) -> int:
        return len({file for file, _ in self.entered})

    def note(self, frame: FrameType, event: str, _: Any) -> None:
        """The profile function."""
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(PACKAGE):
            return
        if frame.f_lasti > 0 and code.co_flags & 0x80 and frame.f_lineno != code.co_firstlineno:
            self.resumed += 1
        else:
            self.entered.append((code.co_filename.removeprefix(PACKAGE + "/"), code.co_qualname))


async def trace_one_get(url: str) -> CallPath:
    """The path of one GET with the default stack, after some calls that warm everything up."""
    tenant = Tenant(tenant_id="tenant-1", workspace_id="workspace-1")
    path = CallPath()
    async with Bench(base_url=url, auth=BearerToken("t" * 40), tenant=tenant) as client:
        for warm in (True, True, False):
            if not warm:
                sys.setprofile(path.note)
            try:
                await client.request("GET", "/v1/documents/{id}", path_params={"id": 1}, model=Record)
            finally:
                sys.setprofile(None)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description="The path of one GET through asdk.")
    parser.add_argument("--list", action="store_true", help="print every function on the way")
    options = parser.parse_args()
    with serving() as url:
        path = asyncio.run(trace_one_get(url))
    if options.list:
        for file, function in path.entered:
            print(f"{file:28} {function}")
    print(f"{len(path.entered)} calls, {path.files} files, {path.changes} changes of file, {path.resumed} resumed")


if __name__ == "__main__":
    main()
