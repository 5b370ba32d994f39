"""How far something is, for whoever waits: one display for all that goes on, in a terminal or a notebook.

Used by `BaseClient.map` and by transfers of files, when asked. In a notebook it is one output that is updated in place,
as text and as HTML, so that the saved notebook shows how it ended. In a terminal it is drawn by rich, if that is
installed (``pip install 'asdk[notebook]'``), else as a plain line on stderr. Where stderr is a file or a pipe, only the
end is written.
"""

from __future__ import annotations

import contextlib
import sys
from html import escape
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TextIO

import attrs

from asdk.clock import SYSTEM_CLOCK, Clock

#: Seconds between two drawings, at least: a kernel, and whoever is connected to it from afar, has other things to do.
_INTERVAL = 0.1

# How many lines a display has at most; the rest is counted.
_LINES = 10


@attrs.define(eq=False)
class ProgressTask:
    """One thing of which some is done; made by `ProgressDisplay.track`. A ``with`` block ends it.

    Attributes:
        label: what it is.
        total: how much there is to do; None if nobody knows.
        unit: ``"B"`` for bytes; anything else is counted.
        done: how much of it is done.
        failed: how much of that failed.
        began, ended: when, on the monotonic clock.
        progress: the display that shows it.
        state: how it stands; "stopped" if it ended early.
    """

    label: str
    total: int | None
    unit: str
    began: float
    progress: ProgressDisplay = attrs.field(repr=False)
    done: int = 0
    failed: int = 0
    state: Literal["running", "done", "stopped"] = "running"
    ended: float | None = None

    def advance(self, count: int = 1, *, failed: int = 0) -> None:
        """So much more is done, and so much of it failed. Cheap: most calls draw nothing."""
        self.done += count
        self.failed += failed
        self.progress.changed()

    def update(self, done: int, total: int | None = None) -> None:
        """So much is done in all, of so much: a callback for what counts by itself, such as a transfer of bytes."""
        self.done = done
        self.total = self.total if total is None else total
        self.progress.changed()

    def finish(self, *, complete: bool = True) -> None:
        """It has ended: at its end, or before. Only the first call counts."""
        if self.ended is None:
            self.state = "done" if complete else "stopped"
            self.ended = self.progress.clock.monotonic()
            self.progress.changed()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.finish(complete=kind is None)

    def describe(self, now: float) -> str:
        """The state in words, without the label."""
        seconds = max(0.0, (now if self.ended is None else self.ended) - self.began)
        words = [self._amount(), *([f"{self.failed} failed"] if self.failed else []), _duration(seconds)]
        left = None if self.total is None else self.total - self.done
        if self.state == "running" and left is not None and left > 0 and self.done and seconds >= 1:
            words.append(f"{_duration(seconds / self.done * left)} left")
        return f"{'stopped at ' if self.state == 'stopped' else ''}{', '.join(words)}"

    def _amount(self) -> str:
        done, total = (_amount(number, self.unit) for number in (self.done, self.total or 0))
        return done if self.total is None else f"{done} of {total}"


def _amount(number: int, unit: str) -> str:
    if unit != "B":
        return str(number)
    size = float(number)
    for name in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {name}" if name == "B" else f"{size:.1f} {name}"
        size /= 1024
    return f"{size:.1f} GiB"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{seconds:.1f} s" if seconds < 10 else f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} h" if hours else f"{minutes}:{rest:02} min"


class Display(Protocol):
    """Where the lines are shown."""

    def draw(self, lines: list[tuple[ProgressTask | None, str]]) -> None:
        """Show these lines instead of those before; each is of a track, or sums up others."""

    def close(self, lines: list[tuple[ProgressTask | None, str]]) -> None:
        """Show these lines, for good."""


class ProgressDisplay:
    """A display of what goes on, for a ``with`` block. `show_progress` makes one that suits its surroundings.

    Attributes:
        tracks: all that was begun, in order.
        clock: measures.
    """

    def __init__(self, display: Display, clock: Clock = SYSTEM_CLOCK) -> None:
        self.tracks: list[ProgressTask] = []
        self.clock = clock
        self._display = display
        self._due = clock.monotonic()
        self._closed = False

    def track(self, label: str, total: int | None = None, *, unit: str = "") -> ProgressTask:
        """Begin something.

        Args:
            label: what it is, in a few words.
            total: how much there is to do; None if nobody knows.
            unit: ``"B"`` for bytes.
        """
        track = ProgressTask(label, total, unit, self.clock.monotonic(), self)
        self.tracks.append(track)
        self._due = track.began
        self.changed()
        return track

    def changed(self) -> None:
        """Draw, unless that was done a moment ago."""
        now = self.clock.monotonic()
        if now >= self._due and not self._closed:
            self._due = now + _INTERVAL
            self._display.draw(self._lines(now))

    def close(self) -> None:
        """Show how it ended. What still runs has stopped."""
        if self._closed:
            return
        for track in self.tracks:
            track.finish(complete=False)
        self._closed = True
        self._display.close(self._lines(self.clock.monotonic()))

    def _lines(self, now: float) -> list[tuple[ProgressTask | None, str]]:
        shown = self.tracks
        if len(shown) > _LINES:
            groups = ([track for track in shown if track.state == state] for state in ("running", "stopped", "done"))
            shown = next(filter(None, groups))[:_LINES]
        lines: list[tuple[ProgressTask | None, str]] = [(track, track.describe(now)) for track in shown]
        if more := len(self.tracks) - len(shown):
            ended = sum(track.state == "done" for track in self.tracks)
            lines.append((None, f"and {more} more; {ended} of {len(self.tracks)} done"))
        return lines

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def show_progress(clock: Clock = SYSTEM_CLOCK) -> ProgressDisplay:
    """A display for where this runs: a notebook, a terminal with rich, a terminal without, or none."""
    display: Display
    if _in_notebook():
        display = _NotebookDisplay()
    elif sys.stderr.isatty() and find_spec("rich") is not None:
        display = _RichDisplay()
    else:
        display = _TextDisplay(sys.stderr)
    return ProgressDisplay(display, clock)


def _in_notebook() -> bool:
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return getattr(get_ipython and get_ipython(), "kernel", None) is not None


class _NotebookDisplay:
    """One output of the cell, updated in place."""

    def __init__(self) -> None:
        self._handle: Any = None

    def draw(self, lines: list[tuple[ProgressTask | None, str]]) -> None:
        from IPython import display

        if self._handle is None:
            show: Any = display.display
            self._handle = show(_View(lines), display_id=True)
        else:
            self._handle.update(_View(lines))

    close = draw


class _View:
    """The lines, in the two forms that a notebook keeps."""

    def __init__(self, lines: list[tuple[ProgressTask | None, str]]) -> None:
        self._lines = lines

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": "".join(map(_html, self._lines))}

    def __repr__(self) -> str:
        return "\n".join(map(_text, self._lines))


def _text(line: tuple[ProgressTask | None, str]) -> str:
    track, text = line
    return text if track is None else f"{track.label}: {text}"


def _html(line: tuple[ProgressTask | None, str]) -> str:
    track, text = line
    if track is None:
        return f"<div>{escape(text)}</div>"
    bar = ""
    if track.total:
        bar = f'<progress max="{track.total}" value="{min(track.done, track.total)}"></progress> '
    elif track.state == "running":
        bar = "<progress></progress> "
    return f"<div>{bar}{escape(track.label)}: {escape(text)}</div>"


class _RichDisplay:
    """Bars in a terminal. Refreshed by us alone: rich would start a thread for it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.errors import LiveError
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars

        self._taken = LiveError

        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[text]}", markup=False),
            console=Console(stderr=True),
            auto_refresh=False,
        )
        self._tasks: dict[ProgressTask | None, Any] = {}

    def draw(self, lines: list[tuple[ProgressTask | None, str]]) -> None:
        try:
            self._bars.start()
        except self._taken:  # the caller's own display has the terminal, and this rich has room for one
            return
        for gone in self._tasks.keys() - {track for track, _ in lines}:
            self._bars.remove_task(self._tasks.pop(gone))
        for track, text in lines:
            if track not in self._tasks:
                self._tasks[track] = self._bars.add_task("" if track is None else track.label, text=text, total=None)
            done, total = (0, None) if track is None else (track.done, track.total)
            self._bars.update(self._tasks[track], completed=done, total=total, text=text)
        self._bars.refresh()

    def close(self, lines: list[tuple[ProgressTask | None, str]]) -> None:
        self.draw(lines)
        self._bars.stop()


class _TextDisplay:
    """A line that is written over, where there is a terminal; what is left of it at the end, anywhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._width = 0

    def draw(self, lines: list[tuple[ProgressTask | None, str]]) -> None:
        if self._stream.isatty():
            self._write(f"\r{' | '.join(map(_text, lines))[:119]:<{self._width}}")

    def close(self, lines: list[tuple[ProgressTask | None, str]]) -> None:
        start = f"\r{'':<{self._width}}\r" if self._width else ""
        self._write(start + "".join(f"{_text(line)}\n" for line in lines))

    def _write(self, text: str) -> None:
        self._width = max(self._width, len(text) - 1)
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more: that is no reason to stop the work
            self._stream.write(text)
            self._stream.flush()
