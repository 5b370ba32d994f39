"""How many retries an origin may still be sent: what keeps a client from beating on a service that is down.

Owned by `RetryMiddleware`, one for all event loops and threads of a client and its copies. A full quota takes no memory
and no look: a client whose calls succeed never meets it.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import Final

#: What an origin has while all is well.
CAPACITY: Final = 500

#: What a retry costs, and one after a 429: the server lives and says when to come back.
RETRY_COST: Final = 14
THROTTLED_COST: Final = 5

#: What a call that succeeds at its first try gives back.
FIRST_TRY_REFUND: Final = 1

# Of how many origins at most the spent quota is kept: those that failed last.
_KEPT = 1024


class RetryQuota:
    """Tokens by origin. Spent on retries, given back by successes, never above `CAPACITY`.

    With the defaults, 200 calls of a dead service are 235 requests, and however many calls follow, each is one.

    Attributes:
        spent: what each origin has spent; one that is not here has all of it. Read without the lock.
    """

    __slots__ = ("__weakref__", "_lock", "spent")

    def __init__(self) -> None:
        self.spent: dict[str, int] = {}
        self._lock = threading.Lock()  # held for a few instructions, never across an await
        _quotas.add(self)

    def take(self, origin: str, cost: int) -> bool:
        """Pay for a retry; False, and nothing paid, if what is left does not suffice."""
        with self._lock:
            spent = self.spent.pop(origin, 0)
            enough = spent + cost <= CAPACITY
            self.spent[origin] = spent + cost if enough else spent  # the last in the order of the dictionary
            if len(self.spent) > _KEPT:
                del self.spent[next(iter(self.spent))]
            return enough

    def give(self, origin: str, tokens: int) -> None:
        """Give tokens back, after a success."""
        with self._lock:
            spent = self.spent.get(origin, 0) - tokens
            if spent > 0:
                self.spent[origin] = spent
            else:
                self.spent.pop(origin, None)

    def left(self, origin: str) -> int:
        """What the origin has."""
        return CAPACITY - self.spent.get(origin, 0)

    def renew_lock(self) -> None:
        """After a fork, in the child: another thread of the parent may have held it at that moment."""
        self._lock = threading.Lock()


_quotas: weakref.WeakSet[RetryQuota] = weakref.WeakSet()


def _after_fork() -> None:
    for quota in list(_quotas):
        quota.renew_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
