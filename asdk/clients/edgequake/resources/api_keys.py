"""``client.api_keys``: API keys of the authenticated account."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from asdk import CallOptions, Records, Resource, omit_none
from asdk.clients.edgequake.models import ApiKeySummary, CreatedApiKey, RevokedApiKey
from asdk.pagination import PageNumbers, Paginator

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = PageNumbers(items="keys", total="total")


class ApiKeyList(Records[ApiKeySummary]):
    """List of all keys of an account; ``keys.get("items")`` returns the list itself, for code written for a page."""

    __slots__ = ()

    def get(self, name: str, default: Any = None) -> Any:
        """Return the list itself for ``"items"``, or the default for other names."""
        return self if name == "items" else default


class ApiKeyPaginator(Paginator[ApiKeySummary]):
    """Pager over the keys of an account. Awaiting it returns all of them as an `ApiKeyList`."""

    def __init__(self, pages: Paginator[ApiKeySummary]) -> None:
        vars(self).update(vars(pages))

    def __await__(self) -> Generator[Any, None, ApiKeyList]:
        return self._whole().__await__()

    async def _whole(self) -> ApiKeyList:
        return ApiKeyList(await self.collect())


class ApiKeys(Resource["EdgeQuake"]):
    """API keys for programs. A key is valid until it is revoked or expires."""

    async def create(
        self,
        name: str | None = None,
        *,
        scopes: Sequence[str] | None = None,
        expires_in_days: int | None = None,
        **options: Unpack[CallOptions],
    ) -> CreatedApiKey:
        """Create an API key.

        Args:
            name: the name to show in lists.
            scopes: the permitted uses: ``"read"``, ``"write"`` and ``"admin"``; by default the first two.
            expires_in_days: the lifetime in days; by default the key does not expire.
            options: per-call options, see `CallOptions`.

        Returns:
            The key; ``api_key.reveal()`` returns its text, which the server shows only once.

        Raises:
            BadRequestError: the server rejects a value.
            PermissionDeniedError: the caller may not create keys.

        Source: EdgeQuake API, ``POST /api/v1/api-keys``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/api-keys",
            json=omit_none(name=name, scopes=scopes, expires_in_days=expires_in_days),
            model=CreatedApiKey,
            **options,
        )

    async def revoke(self, key_id: str, **options: Unpack[CallOptions]) -> RevokedApiKey:
        """Revoke an API key. The server then rejects calls with it.

        Args:
            key_id: the id of the key, not the key itself.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the caller has no such key.

        Source: EdgeQuake API, ``DELETE /api/v1/api-keys/{key_id}``.
        """
        return await self._client.request(
            "DELETE", "/api/v1/api-keys/{key_id}", path_params={"key_id": key_id}, model=RevokedApiKey, **options
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> ApiKeyPaginator:
        """List the account's keys, revoked ones included.

        Args:
            page_size: items per page, at most 100; the server's default is 20.
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/api-keys``.
        """
        return ApiKeyPaginator(
            self._client.paginate(
                "/api/v1/api-keys", params={"page_size": page_size}, model=ApiKeySummary, strategy=_PAGES, **options
            )
        )
