"""Progress display: one display for several tasks, in a terminal or a notebook.

Used by `BaseClient.map` and by downloads, on request. In a notebook it is one output that is updated in place, as text
and as HTML, so that the saved notebook shows the final state. In a terminal it is drawn by rich, if installed
(``pip install 'asdk[notebook]'``), otherwise as a plain line on stderr. If stderr is a file or a pipe, only the final
state is written.
"""

from __future__ import annotations

import contextlib
import sys
from html import escape
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TextIO, TypeAlias

import attrs

from asdk.clock import SYSTEM_CLOCK, Clock

# Minimum time between two updates, in seconds: a notebook kernel, and a remote connection to it, have other work.
_INTERVAL = 0.1

# Maximum number of tasks to show; further ones are only counted.
_MAX_LINES = 10


@attrs.define(eq=False)
class ProgressTask:
    """A task with a counter, made by `ProgressDisplay.add_task`. As a context manager it finishes on exit.

    Attributes:
        label: a short description.
        total: the amount of work; None if it is unknown.
        unit: ``"B"`` for bytes; any other unit is shown as a plain number.
        started: the start time, on the monotonic clock.
        display: the display that shows the task.
        done: the amount of work done, including failures.
        failed: the amount of work that failed.
        state: ``"stopped"`` if the task finished early.
        ended: the end time, on the monotonic clock; None while the task runs.
    """

    label: str
    total: int | None
    unit: str
    started: float
    display: ProgressDisplay = attrs.field(repr=False)
    done: int = 0
    failed: int = 0
    state: Literal["running", "done", "stopped"] = "running"
    ended: float | None = None

    def advance(self, count: int = 1, *, failed: int = 0) -> None:
        """Add to the work done. Cheap: most calls draw nothing.

        Args:
            count: the additional work done, including failures.
            failed: the part of it that failed.
        """
        self.done += count
        self.failed += failed
        self.display.changed()

    def update(self, done: int, total: int | None = None) -> None:
        """Set the work done. Serves as a callback for transfers, which count bytes themselves.

        Args:
            done: the work done so far.
            total: the amount of work, if it is known now.
        """
        self.done = done
        self.total = self.total if total is None else total
        self.display.changed()

    def finish(self, *, complete: bool = True) -> None:
        """Mark the task as finished. Later calls have no effect.

        Args:
            complete: False if the task stopped early.
        """
        if self.ended is None:
            self.state = "done" if complete else "stopped"
            self.ended = self.display.clock.monotonic()
            self.display.changed()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.finish(complete=kind is None)

    def describe(self, now: float) -> str:
        """Describe the state in words, without the label.

        Args:
            now: the current time, on the monotonic clock.
        """
        seconds = max(0.0, (now if self.ended is None else self.ended) - self.started)
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


#: A line of the display: its task, or None if it summarizes several, and the text.
Line: TypeAlias = tuple[ProgressTask | None, str]


class Renderer(Protocol):
    """An output of `ProgressDisplay`."""

    def draw(self, lines: list[Line]) -> None:
        """Show these lines in place of the previous ones."""

    def close(self, lines: list[Line]) -> None:
        """Show the final lines."""


class ProgressDisplay:
    """A display of tasks, for a ``with`` block. `show_progress` makes one that suits the environment.

    Attributes:
        tasks: all tasks, in the order in which they were added.
        clock: the clock that measures their time.
    """

    def __init__(self, renderer: Renderer, clock: Clock = SYSTEM_CLOCK) -> None:
        self.tasks: list[ProgressTask] = []
        self.clock: Clock = clock
        self._renderer = renderer
        self._next_update = clock.monotonic()
        self._closed = False

    def add_task(self, label: str, total: int | None = None, *, unit: str = "") -> ProgressTask:
        """Start a task.

        Args:
            label: a short description.
            total: the amount of work; None if it is unknown.
            unit: ``"B"`` for bytes.
        """
        task = ProgressTask(label, total, unit, self.clock.monotonic(), self)
        self.tasks.append(task)
        self._next_update = task.started
        self.changed()
        return task

    def changed(self) -> None:
        """Draw the display, at most once in 0.1 s."""
        now = self.clock.monotonic()
        if now >= self._next_update and not self._closed:
            self._next_update = now + _INTERVAL
            self._renderer.draw(self._lines(now))

    def close(self) -> None:
        """Show the final state. Tasks that still run are marked as stopped."""
        if self._closed:
            return
        for task in self.tasks:
            task.finish(complete=False)
        self._closed = True
        self._renderer.close(self._lines(self.clock.monotonic()))

    def _lines(self, now: float) -> list[Line]:
        shown = self.tasks
        if len(shown) > _MAX_LINES:
            groups = ([task for task in shown if task.state == state] for state in ("running", "stopped", "done"))
            shown = next(filter(None, groups))[:_MAX_LINES]
        lines: list[Line] = [(task, task.describe(now)) for task in shown]
        if more := len(self.tasks) - len(shown):
            ended = sum(task.state == "done" for task in self.tasks)
            lines.append((None, f"and {more} more; {ended} of {len(self.tasks)} done"))
        return lines

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def show_progress(clock: Clock = SYSTEM_CLOCK) -> ProgressDisplay:
    """Return a display for the environment: a notebook, a terminal with or without rich, or a file.

    Args:
        clock: the clock that measures the time of the tasks.
    """
    renderer: Renderer
    if _in_notebook():
        renderer = _NotebookRenderer()
    elif sys.stderr.isatty() and find_spec("rich") is not None:
        renderer = _RichRenderer()
    else:
        renderer = _TextRenderer(sys.stderr)
    return ProgressDisplay(renderer, clock)


def _in_notebook() -> bool:
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return getattr(get_ipython and get_ipython(), "kernel", None) is not None


class _NotebookRenderer:
    """An output of a notebook cell, updated in place."""

    def __init__(self) -> None:
        self._handle: Any = None

    def draw(self, lines: list[Line]) -> None:
        from IPython import display

        if self._handle is None:
            show: Any = display.display
            self._handle = show(_Lines(lines), display_id=True)
        else:
            self._handle.update(_Lines(lines))

    close = draw


class _Lines:
    """Lines in the two formats that a notebook saves."""

    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": "".join(map(_html, self._lines))}

    def __repr__(self) -> str:
        return "\n".join(map(_text, self._lines))


def _text(line: tuple[ProgressTask | None, str]) -> str:
    task, text = line
    return text if task is None else f"{task.label}: {text}"


def _html(line: tuple[ProgressTask | None, str]) -> str:
    task, text = line
    if task is None:
        return f"<div>{escape(text)}</div>"
    bar = ""
    if task.total:
        bar = f'<progress max="{task.total}" value="{min(task.done, task.total)}"></progress> '
    elif task.state == "running":
        bar = "<progress></progress> "
    return f"<div>{bar}{escape(task.label)}: {escape(text)}</div>"


class _RichRenderer:
    """Progress bars in a terminal. Refreshed explicitly: rich would start a thread for it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.errors import LiveError
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars

        self._live_error = LiveError
        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[text]}", markup=False),
            console=Console(stderr=True),
            auto_refresh=False,
        )
        self._bar_ids: dict[ProgressTask | None, Any] = {}

    def draw(self, lines: list[Line]) -> None:
        try:
            self._bars.start()
        except self._live_error:  # the caller has a live display of its own; this version of rich allows only one
            return
        for hidden in self._bar_ids.keys() - {task for task, _ in lines}:
            self._bars.remove_task(self._bar_ids.pop(hidden))
        for task, text in lines:
            if task not in self._bar_ids:
                self._bar_ids[task] = self._bars.add_task("" if task is None else task.label, text=text, total=None)
            done, total = (0, None) if task is None else (task.done, task.total)
            self._bars.update(self._bar_ids[task], completed=done, total=total, text=text)
        self._bars.refresh()

    def close(self, lines: list[Line]) -> None:
        self.draw(lines)
        self._bars.stop()


class _TextRenderer:
    """A line of text, overwritten on each update if the stream is a terminal. The final lines are always written."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._width = 0

    def draw(self, lines: list[Line]) -> None:
        if self._stream.isatty():
            self._write(f"\r{' | '.join(map(_text, lines))[:119]:<{self._width}}")

    def close(self, lines: list[Line]) -> None:
        start = f"\r{'':<{self._width}}\r" if self._width else ""
        self._write(start + "".join(f"{_text(line)}\n" for line in lines))

    def _write(self, text: str) -> None:
        self._width = max(self._width, len(text) - 1)
        with contextlib.suppress(OSError, ValueError):  # the stream was closed; the work continues
            self._stream.write(text)
            self._stream.flush()
