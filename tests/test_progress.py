"""Progress display: task descriptions, notebooks, terminals and files."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from asdk import progress as progress_module
from asdk.bulk import MapResults
from asdk.progress import Line, ProgressDisplay, show_progress
from asdk.testing import VirtualClock


class Recorder:
    """A renderer that records the lines."""

    def __init__(self) -> None:
        self.drawn: list[list[str]] = []
        self.closed: list[str] | None = None

    def draw(self, lines: list[Line]) -> None:
        self.drawn.append([text for _, text in lines])

    def close(self, lines: list[Line]) -> None:
        self.closed = [text if task is None else f"{task.label}: {text}" for task, text in lines]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def test_the_display_is_drawn_at_most_ten_times_a_second() -> None:
    clock, display = VirtualClock(), Recorder()
    with ProgressDisplay(display, clock) as progress:
        task = progress.add_task("rows", 1000)
        for _ in range(1000):
            task.advance()
            await clock.advance(0.001)
    assert 10 <= len(display.drawn) <= 12
    assert display.closed == ["rows: stopped at 1000 of 1000, 1.0 s"]


@pytest.mark.parametrize(
    ("total", "counts", "seconds", "unit", "words"),
    [
        (100, (25, 0), 10, "", "25 of 100, 10 s, 30 s left"),
        (100, (25, 2), 0.5, "", "25 of 100, 2 failed, 0.5 s"),
        (None, (25, 0), 75, "", "25, 1:15 min"),
        (0, (0, 0), 2, "", "0 of 0, 2.0 s"),
        (2**30, (2**29, 0), 4000, "B", "512.0 MiB of 1.0 GiB, 1:06:40 h, 1:06:40 h left"),
        (1500, (999, 0), 0, "B", "999 B of 1.5 KiB, 0.0 s"),
        (10, (12, 0), 3, "", "12 of 10, 3.0 s"),
    ],
)
async def test_a_task_describes_its_state(
    total: int | None, counts: tuple[int, int], seconds: float, unit: str, words: str
) -> None:
    clock = VirtualClock()
    task = ProgressDisplay(Recorder(), clock).add_task("x", total, unit=unit)
    await clock.advance(seconds)
    task.advance(counts[0], failed=counts[1])
    assert task.describe(clock.monotonic()) == words


async def test_update_sets_the_work_done() -> None:
    display = Recorder()
    with ProgressDisplay(display, VirtualClock()) as progress:
        task = progress.add_task("file.bin", unit="B")
        for done, total in ((10, None), (2048, 4096), (0, None), (4096, 4096)):  # restarted in between
            task.update(done, total)
        task.finish()
    assert display.closed == ["file.bin: 4.0 KiB of 4.0 KiB, 0.0 s"]


async def test_the_final_state_is_shown_once() -> None:
    clock, display = VirtualClock(), Recorder()
    progress = ProgressDisplay(display, clock)
    one, other = progress.add_task("one", 3), progress.add_task("other")
    one.advance(3)
    await clock.advance(2)
    one.finish()
    one.finish(complete=False)
    other.advance(7)
    await clock.advance(1)
    progress.close()
    progress.close()
    other.advance()
    assert display.closed == ["one: 3 of 3, 2.0 s", "other: stopped at 7, 3.0 s"]
    assert (one.state, other.state) == ("done", "stopped")


async def test_running_tasks_are_shown_and_the_others_counted() -> None:
    display = Recorder()
    progress = ProgressDisplay(display, VirtualClock())
    tasks = [progress.add_task(str(number)) for number in range(30)]
    for task in tasks[:25]:
        task.finish()
    progress.add_task("last")
    assert display.drawn[-1] == [*["0, 0.0 s"] * 6, "and 25 more; 25 of 31 done"]
    for task in tasks:
        task.finish()
    progress.close()
    assert display.closed is not None
    assert display.closed == ["last: stopped at 0, 0.0 s", "and 30 more; 30 of 31 done"]


# --- the displays ---------------------------------------------------------------------------------------------------


def test_a_file_gets_only_the_final_state(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    with show_progress(VirtualClock()) as progress:
        task = progress.add_task("rows", 3)
        task.advance(3)
        assert out.getvalue() == ""
        task.finish()
    assert out.getvalue() == "rows: 3 of 3, 0.0 s\n"


async def test_a_terminal_without_rich_gets_an_updated_line(monkeypatch: pytest.MonkeyPatch) -> None:
    out, clock = Terminal(), VirtualClock()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setattr(progress_module, "find_spec", lambda name: None)
    with show_progress(clock) as progress:
        task = progress.add_task("rows", 3)
        await clock.advance(1)
        task.advance(3)
        task.finish()
    assert "\r" in out.getvalue()
    assert out.getvalue().endswith("\rrows: 3 of 3, 1.0 s\n")


async def test_a_terminal_with_rich_gets_progress_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rich", reason="rich is not installed")
    out, clock = Terminal(), VirtualClock()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    with show_progress(clock) as progress:
        for number in range(12):
            task = progress.add_task(f"[red]{number}", 3)
            await clock.advance(1)
            task.advance(3)
            task.finish()
    assert "[red]0" in out.getvalue(), "a label is not markup"
    assert "3 of 3, 1.0 s" in out.getvalue()
    assert "━" in out.getvalue()


def test_a_closed_stream_does_not_stop_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(Terminal):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    monkeypatch.setattr(progress_module, "find_spec", lambda name: None)
    with show_progress(VirtualClock()) as progress:
        progress.add_task("rows").advance()


# --- maps -----------------------------------------------------------------------------------------------------------


async def call(number: int) -> int:
    if number == 3:
        raise ValueError
    return number


async def progress_of(
    monkeypatch: pytest.MonkeyPatch, items: Any, *, leave_at: int | None = None, **options: Any
) -> str:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    async for outcome in MapResults(call, items, clock=VirtualClock(), **options):
        if outcome.index == leave_at:
            break
    return out.getvalue()


async def test_a_map_shows_its_progress_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await progress_of(monkeypatch, range(5)) == ""
    assert await progress_of(monkeypatch, range(5), progress=None) == ""
    assert await progress_of(monkeypatch, range(5), progress=True) == "call: 5 of 5, 1 failed, 0.0 s\n"
    assert await progress_of(monkeypatch, iter([1]), progress="the rows") == "the rows: 1, 0.0 s\n"


async def test_a_map_left_early_is_shown_as_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = await progress_of(monkeypatch, range(100), progress=True, leave_at=1)
    assert shown == "call: stopped at 2 of 100, 0.0 s\n"


async def test_several_maps_share_a_display() -> None:
    display = Recorder()
    with ProgressDisplay(display, VirtualClock()) as progress:
        for _ in range(2):
            async for _ in MapResults(call, [1, 2], progress=progress):
                pass
        assert display.closed is None
    assert display.closed == ["call: 2 of 2, 0.0 s"] * 2
