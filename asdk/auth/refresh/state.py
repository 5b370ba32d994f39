"""`TokenState`: what a `TokenSource` knows about one token. Changed by the source and by the refresh in flight."""

from __future__ import annotations

import asyncio

import attrs

from asdk.auth.credentials.base import Credential
from asdk.auth.identity import Identity
from asdk.auth.refresh.policy import CachedToken, RefreshFailure
from asdk.auth.stores.record import CachedRefusal, RefreshIntent, TokenRecord
from asdk.auth.token import Token
from asdk.concurrency.single_flight import SingleFlight
from asdk.http.options import Tenant


class TokenState:
    """The state of one token: of the source, or of one tenant.

    Attributes:
        credential: obtains the token.
        tenant: the tenant, if tokens depend on it.
        cached: the token that calls use, with its deadlines.
        failure: the reason why the last refresh failed, and its cool-down.
        flight: the refresh in flight.
        identity: identifies the token: another account, or another secret, is another identity.
        token: the newest token.
        intent: the single-use refresh token that may have been sent without a reply, for a token without a store.
        refusal: the last permanent refusal, until a token is obtained.
        after_fork: whether this process was forked from one that may use the token in memory.
        revision: the revision of the record in the store, when it last had the newest token.
        unshared: whether only this process has the token: it was obtained while the store was unavailable, or not
            saved.
        unsaved: the record that still has to be saved.
        replaced: the token in the store that the unsaved one replaces.
        refusal_unsaved: whether the refusal could not be saved.
        saver: the event loop that will save the unsaved token.
        store_failure: the operation that the store last failed at, 0 for none; logged once.
    """

    __slots__ = (
        "after_fork",
        "cached",
        "credential",
        "failure",
        "flight",
        "identity",
        "intent",
        "refusal",
        "refusal_unsaved",
        "replaced",
        "revision",
        "saver",
        "store_failure",
        "tenant",
        "token",
        "unsaved",
        "unshared",
    )

    def __init__(self, credential: Credential, tenant: Tenant | None = None) -> None:
        self.credential: Credential = credential
        self.tenant: Tenant | None = tenant
        self.flight: SingleFlight[CachedToken | RefreshFailure] | None = None
        self.saver: asyncio.AbstractEventLoop | None = None
        self.clear()

    def clear(self) -> None:
        """Forget the token and everything about it, except for a refresh in flight."""
        self.cached: CachedToken | None = None
        self.failure: RefreshFailure | None = None
        self.identity: Identity | None = None
        self.token: Token | None = None
        self.intent: RefreshIntent | None = None
        self.refusal: CachedRefusal | None = None
        self.refusal_unsaved: bool = False
        self.after_fork: bool = False
        self.unshared: bool = False
        self.unsaved: TokenRecord | None = None
        self.replaced: Token | None = None
        self.revision: int = 0
        self.store_failure: int = 0

    def begin(self, identity: Identity) -> None:
        """Prepare for a refresh: a token of another account, or of another secret, is void."""
        if identity != self.identity:
            self.identity, self.token, self.intent, self.revision = identity, None, None, 0
            self.unshared, self.unsaved, self.replaced = False, None, None

    def adopt(self, token: Token, revision: int) -> None:
        """Use a token that the store contains."""
        self.set_new(token)
        self.mark_saved(revision)

    def set_new(self, token: Token) -> None:
        """Use a new token, which settles every doubt about the one before."""
        self.token, self.intent, self.after_fork = token, None, False
        self.refusal, self.refusal_unsaved = None, False

    def set_unsaved(self, token: Token, record: TokenRecord, replaced: Token | None) -> None:
        """Use a new token that still has to be saved."""
        self.set_new(token)
        if self.unsaved is None:  # otherwise the store still has the token that the first unsaved one replaced
            self.replaced = replaced
        self.unshared, self.unsaved = True, record

    def mark_saved(self, revision: int) -> None:
        """Note that the store has the newest token."""
        self.unshared, self.unsaved, self.replaced, self.revision = False, None, None, revision

    def reset_after_fork(self, *, drop_refresh_token: bool) -> None:
        """Reset the state in a forked child, where a refresh continues in the parent.

        Args:
            drop_refresh_token: whether the token is known to the parent alone, which will use its refresh token.
        """
        self.flight, self.saver = None, None
        if drop_refresh_token:
            self.after_fork, self.unsaved, self.unshared = True, None, False
            if self.token is not None:
                self.token = attrs.evolve(self.token, refresh_token=None)
