"""The length of the hot path, which keeps it cheap and readable: counted, so it is the same on every machine."""

from __future__ import annotations

import logging

import pytest

from benchmarks.call_path import trace_one_get
from benchmarks.server import serving


@pytest.mark.parametrize(
    ("refreshes", "most"),
    [
        (False, {"calls": 31, "files": 15, "changes": 18, "resumed": 8}),
        (True, {"calls": 172, "files": 31, "changes": 98, "resumed": 32}),
    ],
    ids=["warm", "with a refresh"],
)
async def test_the_path_of_one_get(refreshes: bool, most: dict[str, int], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "asdk")  # at DEBUG, each call is logged
    with serving() as url:
        path = await trace_one_get(url, refreshes=refreshes)
    # In development mode a wrapper of aiohttp's parser is entered for each piece that arrives.
    entered = [each for each in path.entered if each[1] != "_lenient_parsers"]
    counts = {"calls": len(entered), "files": path.files, "changes": path.changes, "resumed": path.resumed}
    assert all(counts[name] <= most[name] for name in most), (counts, path.entered)
