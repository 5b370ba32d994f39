"""Rules that select which requests meet which fault: by method, route, count and probability.

Tests add rules while the server runs and read afterwards how often each applied; the gate of an `ApiServer` consults
them for each request.
"""

import random
import re
import threading
from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase
from functools import lru_cache, partial

import attrs
from aiohttp import web

from asdk.sandbox.counters import RequestRecord
from asdk.sandbox.faults import ErrorReply, ServerFault

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PARAMETER = re.compile(r"\{[^{}]*\}")


@lru_cache(maxsize=4096)
def _same_route(pattern: str, route: str) -> bool:
    # The names of path parameters do not matter; `*` matches any part of a route.
    return fnmatchcase(_PARAMETER.sub("{}", route), _PARAMETER.sub("{}", pattern))


@attrs.define(eq=False)
class FaultRule:
    """Fault, and the requests that it applies to."""

    fault: ServerFault
    method: str | None = None
    path: str | None = None
    times: int | None = None
    after: int = 0
    every: int = 1
    probability: float = 1.0
    matched: int = 0
    """Requests of this method and path so far, with and without the fault."""
    met: int = 0
    """Requests that met the fault so far."""
    chance: random.Random = attrs.field(factory=random.Random, repr=False)

    def applies_to(self, method: str, route: str) -> bool:
        if self.method is not None and self.method != method:
            return False
        return self.path is None or _same_route(self.path, route)

    def strikes(self) -> bool:
        """Count a matching request and return whether the fault applies to it."""
        self.matched += 1
        if self.times is not None and self.met >= self.times:
            return False
        if self.matched <= self.after or (self.matched - self.after) % self.every:
            return False
        if self.probability < 1 and self.chance.random() >= self.probability:
            return False
        self.met += 1
        return True


class FaultScript:
    """Faults of one server. The first rule that applies wins; after a delay, later rules are consulted too."""

    def __init__(self, error_reply: ErrorReply) -> None:
        self._error_reply = error_reply
        self._lock = threading.Lock()
        # Replaced, never mutated: the server reads it while another thread adds a rule.
        self._rules: tuple[FaultRule, ...] = ()

    @property
    def rules(self) -> tuple[FaultRule, ...]:
        """Return the active rules; each counts how often it ``matched`` and was ``met``."""
        return self._rules

    def add(
        self,
        fault: ServerFault,
        *,
        method: str | None = None,
        path: str | None = None,
        times: int | None = None,
        after: int = 0,
        every: int = 1,
        probability: float = 1.0,
        seed: int = 0,
    ) -> FaultRule:
        """Apply a fault to requests from now on.

        Args:
            fault: what goes wrong.
            method: only requests of this method, such as ``"GET"``; None means all.
            path: a route template such as ``"/api/v1/documents/{id}"``; ``*`` matches any text; None means all.
            times: the rule stops after this many faults.
            after: number of matching requests that pass before the first fault.
            every: of the rest, every n-th request meets the fault: 3 means the third, the sixth, ...
            probability: of those, the share that meets the fault, drawn with ``seed``.
            seed: the same seed draws the same sequence.

        Returns:
            The rule with its counts; pass it to ``remove``.
        """
        if every < 1 or not 0 <= probability <= 1:
            raise ValueError(f"every must be at least 1 and probability from 0 to 1, got {every} and {probability}")
        method = None if method is None else method.upper()
        rule = FaultRule(fault, method, path, times, after, every, probability, chance=random.Random(seed))
        with self._lock:
            self._rules = (*self._rules, rule)
        return rule

    def remove(self, rule: FaultRule) -> None:
        """Remove one rule; it keeps its counts. Do nothing if it was removed already."""
        with self._lock:
            self._rules = tuple(other for other in self._rules if other is not rule)

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self._rules = ()

    async def run(self, request: web.Request, record: RequestRecord, handler: Handler) -> web.StreamResponse:
        """Answer a request through the handler and the faults that apply to it."""
        return await self._run(self._rules, request, record, handler)

    async def _run(
        self, rules: tuple[FaultRule, ...], request: web.Request, record: RequestRecord, handler: Handler
    ) -> web.StreamResponse:
        for position, rule in enumerate(rules):
            if rule.applies_to(record.method, record.route) and rule.strikes():
                record.faults = (*record.faults, rule.fault.name)
                later = rules[position + 1 :] if rule.fault.goes_on else ()
                answer = partial(self._run, later, request, record, handler)
                return await rule.fault.deliver(request, answer, self._error_reply)
        return await handler(request)
