"""Which requests meet which fault: rules by method, route, count and chance, changed while the server runs.

Tests add rules and read afterwards how often each was met; the gate of an `ApiServer` asks for each request.
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

_PARAMETER = re.compile(r"\{[^}]*\}")


@lru_cache(maxsize=4096)
def _same_route(pattern: str, route: str) -> bool:
    # Parameters match whatever they are called; `*` matches any part of a route.
    return fnmatchcase(_PARAMETER.sub("{}", route), _PARAMETER.sub("{}", pattern))


@attrs.define(eq=False)
class FaultRule:
    """A fault and the requests that meet it."""

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
        """Count one more matching request and say whether it meets the fault."""
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
    """The faults of one server. The first rule that strikes decides; only a delay gives later ones their turn."""

    def __init__(self, error_reply: ErrorReply) -> None:
        self._error_reply = error_reply
        self._lock = threading.Lock()
        # Replaced, never changed: the server reads it while another thread adds a rule.
        self._rules: tuple[FaultRule, ...] = ()

    @property
    def rules(self) -> tuple[FaultRule, ...]:
        """The rules in force; each knows how often it ``matched`` and was ``met``."""
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
        """Let requests meet a fault from now on.

        Args:
            fault: what goes wrong.
            method: only these, such as ``"GET"``; None means all.
            path: a route template such as ``"/api/v1/documents/{id}"``; ``*`` stands for any text; None means all.
            times: after this many faults the rule is spent.
            after: the first so many matching requests pass unharmed.
            every: of the others only each so-many-th meets the fault: with 3, the third, the sixth, ...
            probability: and of those only this share, drawn by ``seed``.
            seed: the same seed draws the same sequence.

        Returns:
            The rule, which counts; ``remove`` takes it.
        """
        if every < 1 or not 0 <= probability <= 1:
            raise ValueError(f"every must be 1 or more and probability from 0 to 1, not {every} and {probability}")
        method = None if method is None else method.upper()
        rule = FaultRule(fault, method, path, times, after, every, probability, chance=random.Random(seed))
        with self._lock:
            self._rules = (*self._rules, rule)
        return rule

    def remove(self, rule: FaultRule) -> None:
        """Take one rule out; it keeps its counts. No error when it is out already."""
        with self._lock:
            self._rules = tuple(other for other in self._rules if other is not rule)

    def clear(self) -> None:
        """Take all rules out."""
        with self._lock:
            self._rules = ()

    async def run(self, request: web.Request, record: RequestRecord, handler: Handler) -> web.StreamResponse:
        """Answer a request, with the faults that it meets around the handler."""
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
