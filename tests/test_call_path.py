"""The length of the hot path, which is what keeps it cheap and readable: counted, so it is the same on every
machine."""

from __future__ import annotations

from benchmarks.call_path import trace_one_get
from benchmarks.server import serving


async def test_one_get_is_about_thirty_calls_and_fifteen_changes_of_file() -> None:
    with serving() as url:
        path = await trace_one_get(url)
    assert len(path.entered) <= 30, path.entered
    assert path.changes <= 16, path.entered
    assert path.resumed <= 8
