"""`MapResults`: a function over many inputs, so many calls at a time, each with its value or its error.

Made by `BaseClient.map`. It knows no client: whatever limits the calls of the function have, such as a rate limit, they
keep.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Sized,
)
from contextvars import Context, copy_context
from types import AsyncGeneratorType, TracebackType
from typing import Any, Generic, NoReturn, Self, TypeAlias, TypeVar, cast

import attrs

from asdk.clock import SYSTEM_CLOCK, Clock
from asdk.concurrency.wakeup import InterruptWakeup
from asdk.errors import AsdkError, InvalidRequestError
from asdk.progress import ProgressDisplay, ProgressTask, show_progress

I = TypeVar("I")  # noqa: E741 - an input
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

#: What `BaseClient.map` goes over.
Inputs: TypeAlias = Iterable[I] | AsyncIterable[I]

# How many inputs are taken up before the first of them was handed out, in multiples of the concurrency, where the order
# is kept: the more, the less one slow call holds the others up, and the more outcomes are held in memory.
_AHEAD = 4


@attrs.frozen
class Outcome(Generic[R_co]):
    """What became of one input.

    Attributes:
        index: which input, counted from 0.
        value: what the function returned; None if it failed.
        error: what it raised; None if it did not.
    """

    index: int
    value: R_co | None = None
    error: BaseException | None = None

    @property
    def ok(self) -> bool:
        """Whether there is a value and no error."""
        return self.error is None

    def result(self) -> R_co:
        """The value.

        Raises:
            Exception: what the function raised.
        """
        error = self.error
        if error is None:
            return cast("R_co", self.value)
        if isinstance(error, AsdkError):
            # One of its own: this outcome keeps the other, and the frames of who asks would keep this outcome.
            error = error.copy().with_traceback(error.__traceback__)
        try:
            raise error
        finally:
            del error


class MapResults(AsyncIterator[Outcome[R]]):
    """The outcomes of a function over many inputs, for one ``async for``. Nothing runs before that.

    Leaving it early cancels what runs; ``async with`` around it also waits until that has ended.
    """

    def __init__(
        self,
        function: Callable[[Any], Awaitable[R]],
        items: Inputs[Any],
        *,
        concurrency: int = 10,
        ordered: bool = True,
        progress: bool | str | ProgressDisplay = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """As `BaseClient.map`.

        Raises:
            InvalidRequestError: an argument is not what it has to be.
        """
        if not isinstance(concurrency, int) or isinstance(concurrency, bool) or concurrency < 1:
            raise InvalidRequestError(f"concurrency= counts the calls at a time, so it is at least 1: {concurrency!r}")
        if not callable(function):
            raise InvalidRequestError(f"map calls an async function for each input; {function!r} cannot be called")
        if not isinstance(items, AsyncIterable | Iterable):
            raise InvalidRequestError(f"map goes over an iterable, sync or async, not over a {type(items).__name__}")
        self._name = getattr(function, "__name__", type(function).__name__)
        self._bar = _Bar(self._name, len(items) if isinstance(items, Sized) else None, progress, clock)
        # A function of its own, which does not know this object: a cycle would hide that nobody holds it any more.
        self._work = _Work(function, items, concurrency, ordered)
        self._outcomes = cast("AsyncGeneratorType[Outcome[R], None]", _run(self._work, self._bar))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Outcome[R]:
        return await anext(self._outcomes)

    def __del__(self) -> None:
        if hasattr(self, "_bar"):
            self._bar.end(complete=False)  # at once: a notebook's cell may be over when the rest has ended

    async def aclose(self) -> None:
        """Cancel what runs, and wait until it has ended. There are no outcomes after it."""
        if self._outcomes.ag_running:  # another task waits for an outcome, and is told that there are no more
            await self._work.aclose()
        else:
            await self._outcomes.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __await__(self) -> NoReturn:
        raise TypeError(f"{self!r}: it is not awaited itself")

    def __repr__(self) -> str:
        return f"<MapResults of {self._name}: use `async for outcome in it`>"


async def _run(work: _Work[R], bar: _Bar) -> AsyncGenerator[Outcome[R], None]:
    complete = False
    pulse = InterruptWakeup(asyncio.get_running_loop())
    try:
        bar.begin()
        work.start()
        while (outcome := await work.take()) is not None:
            bar.advance(outcome)
            yield outcome
            del outcome  # not kept while the next one is waited for
        complete = not work.closing
    finally:
        try:
            await work.aclose()
        finally:
            pulse.stop()
            bar.end(complete=complete)


class _Bar:
    """The progress of one map, if it is asked for."""

    def __init__(self, name: str, total: int | None, progress: bool | str | ProgressDisplay, clock: Clock) -> None:
        self._label = progress if isinstance(progress, str) else name
        self._total = total
        self._wanted = progress
        self._clock = clock
        self._track: ProgressTask | None = None

    def begin(self) -> None:
        if self._wanted:
            display = self._wanted if isinstance(self._wanted, ProgressDisplay) else show_progress(self._clock)
            self._track = display.track(self._label, self._total)

    def advance(self, outcome: Outcome[Any]) -> None:
        if self._track is not None:
            self._track.advance(failed=not outcome.ok)

    def end(self, *, complete: bool) -> None:
        track, self._track = self._track, None
        if track is not None:
            track.finish(complete=complete)
            if not isinstance(self._wanted, ProgressDisplay):
                track.progress.close()


class _Work(Generic[R]):
    """The workers, what they take in and what they have done. It does not know who waits for the outcomes, so that
    someone who is gone can be noticed."""

    def __init__(
        self, function: Callable[[Any], Awaitable[R]], items: Inputs[Any], concurrency: int, ordered: bool
    ) -> None:
        self._function = function
        self._items = items
        self._concurrency = concurrency
        self._ordered = ordered
        # The tenant, and whatever else is in the air when `map` is called, holds for all of it.
        self._context: Context = copy_context()
        self._workers: set[asyncio.Task[None]] = set()
        self._source: _Source | None = None
        self._window = concurrency * _AHEAD if ordered else concurrency * 2
        self._started = 0
        self._handed = 0
        self._ready: deque[Outcome[R]] = deque()
        self._early: dict[int, Outcome[R]] = {}
        self._consumer: asyncio.Future[None] | None = None
        self._resting: deque[asyncio.Future[None]] = deque()
        self._failure: BaseException | None = None
        self.closing = False
        self._torn_down = False

    def start(self) -> None:
        """Begin. The workers come one by one, as there are inputs for them."""
        self._source = _Source(self._items)
        self._hire()

    async def take(self) -> Outcome[R] | None:
        """The next outcome; None after the last.

        Raises:
            Exception: the inputs could not be iterated over to their end; after the outcomes of those that came.
        """
        while not self._ready:
            if not self._workers:
                self._raise_failure()
                return None
            self._consumer = asyncio.get_running_loop().create_future()
            try:
                await self._consumer
            finally:
                self._consumer = None
        outcome = self._ready.popleft()
        self._handed += 1
        while self._resting and self._started - self._handed < self._window:
            rest = self._resting.popleft()
            if not rest.done():
                rest.set_result(None)
                break
        return outcome

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            try:
                raise failure
            finally:
                del failure

    async def aclose(self) -> None:
        """Cancel the workers, wait until they have ended, and close what was opened to read the inputs."""
        self.closing = True
        self._ready.clear()
        workers = list(self._workers)
        for worker in workers:
            worker.cancel()
        if workers:
            await asyncio.wait(workers)
        if self._source is not None and not self._torn_down:
            await self._source.aclose()

    # --- the workers ------------------------------------------------------------------------------------------------

    def _hire(self) -> None:
        worker = asyncio.create_task(self._worker(), context=self._context.copy())
        self._workers.add(worker)
        worker.add_done_callback(self._leave)

    def _leave(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        if worker.cancelled():
            if not self.closing:
                # By the function itself, or by an event loop that ends, which closes all generators by itself and at
                # once: a second hand would be one too many. What the worker would have done is missing.
                self._torn_down = True
                self._fail(asyncio.CancelledError())
        elif (error := worker.exception()) is not None:
            self._fail(error)
        if not self._workers:
            self._wake()

    def _fail(self, error: BaseException) -> None:
        """The map as a whole cannot go on; what runs is finished."""
        self._failure = self._failure or error
        if self._source is not None:
            self._source.exhausted = True
        self._dismiss()

    def _wake(self) -> None:
        if self._consumer is not None and not self._consumer.done():
            self._consumer.set_result(None)

    async def _worker(self) -> None:
        source = self._source
        assert source is not None
        while True:
            while self._started - self._handed >= self._window and not source.exhausted:
                await self._rest()
            try:
                taken = await source.take()
            except Exception as error:  # noqa: BLE001 - whatever the caller's inputs raise is raised to the caller
                self._fail(_without_this_frame(error))
                return
            if taken is None:
                self._dismiss()
                return
            index, item = taken
            self._started += 1
            if len(self._workers) < self._concurrency and not source.exhausted:
                self._hire()
            del taken
            outcome = await self._call(index, item)
            del item
            if outcome is None:
                return
            self._deliver(outcome)
            del outcome

    async def _call(self, index: int, item: Any) -> Outcome[R] | None:
        """What becomes of an input; None if the map as a whole has to end."""
        try:
            made: object = self._function(item)
            if inspect.isawaitable(made):
                return Outcome(index, await made)
        except Exception as error:  # noqa: BLE001 - it belongs to this input
            return Outcome(index, error=_without_this_frame(error))
        except asyncio.CancelledError as error:
            if self.closing:
                raise
            outcome: Outcome[R] = Outcome(index, error=_without_this_frame(error))
            task = asyncio.current_task()
            if task is None or task.cancelling():  # by its own function: the worker ends, and the map with it
                self._deliver(outcome)
                raise
            return outcome  # something that it waited for was cancelled
        self._fail(InvalidRequestError(f"map calls an async function; this one returned a {type(made).__name__}"))
        return None

    def _deliver(self, outcome: Outcome[R]) -> None:
        if not self._ordered:
            self._ready.append(outcome)
        else:
            self._early[outcome.index] = outcome
            while (due := self._early.pop(self._handed + len(self._ready), None)) is not None:
                self._ready.append(due)
        if self._ready:
            self._wake()

    async def _rest(self) -> None:
        """Wait until somebody takes an outcome, so that there is room for one more."""
        room: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._resting.append(room)
        await room

    def _dismiss(self) -> None:
        """There is no more input: let those go home who wait for room."""
        while self._resting:
            rest = self._resting.popleft()
            if not rest.done():
                rest.set_result(None)


class _Source:
    """The inputs, numbered. Of async ones, one is asked for at a time."""

    def __init__(self, items: Inputs[Any]) -> None:
        self.exhausted = False
        self._count = 0
        self._sync: Iterator[Any] | None = None
        self._async: AsyncIterator[Any] | None = None
        self._asking = asyncio.Lock()
        if isinstance(items, AsyncIterable):
            self._async = aiter(items)
            self._ours = self._async is not items
        else:
            self._sync = iter(items)

    async def take(self) -> tuple[int, Any] | None:
        """The next input and its number; None if there is no more."""
        if self._sync is not None:
            return self._number(next(self._sync, _END)) if not self.exhausted else None
        assert self._async is not None
        async with self._asking:
            return self._number(await anext(self._async, _END)) if not self.exhausted else None

    def _number(self, item: Any) -> tuple[int, Any] | None:
        if item is _END:
            self.exhausted = True
            return None
        self._count += 1
        return self._count - 1, item

    async def aclose(self) -> None:
        """Close an async iterator that was made here; one that was handed in is its owner's."""
        close = getattr(self._async, "aclose", None)
        if close is not None and self._ours:
            await close()


_END: Any = object()


def _without_this_frame(error: BaseException) -> BaseException:
    """The error without the frame of the worker, which goes on and would be kept by whoever keeps the error."""
    traceback = error.__traceback__
    return error.with_traceback(traceback and traceback.tb_next)
