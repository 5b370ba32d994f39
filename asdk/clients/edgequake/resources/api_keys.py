"""``client.api_keys``: the keys of the account that the client speaks for."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from asdk.clients.edgequake.models import ApiKeySummary, CreatedApiKey, RevokedApiKey
from asdk.http.options import CallOptions, omit_none
from asdk.pagination import PageNumbers, Paginator
from asdk.records.records import Records
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = PageNumbers(items="keys", total="total")


class ApiKeyList(Records[ApiKeySummary]):
    """All keys of an account; ``keys.get("items")`` is the list itself, for code that was written for a page."""

    __slots__ = ()

    def get(self, name: str, default: Any = None) -> Any:
        return self if name == "items" else default


class ApiKeyPaginator(Paginator[ApiKeySummary]):
    """The keys of an account; awaited, all of them as an `ApiKeyList`."""

    def __init__(self, pages: Paginator[ApiKeySummary]) -> None:
        vars(self).update(vars(pages))

    def __await__(self) -> Generator[Any, None, ApiKeyList]:
        return self._whole().__await__()

    async def _whole(self) -> ApiKeyList:
        return ApiKeyList(await self.collect())


class ApiKeys(Resource["EdgeQuake"]):
    """Keys for programs: they live until they are revoked, or as long as was said when they were made."""

    async def create(
        self,
        name: str | None = None,
        *,
        scopes: Sequence[str] | None = None,
        expires_in_days: int | None = None,
        **options: Unpack[CallOptions],
    ) -> CreatedApiKey:
        """Make a key.

        Args:
            name: what to call it in lists.
            scopes: what it may be used for, of ``"read"``, ``"write"`` and ``"admin"``; left out, the first two.
            expires_in_days: its life in days; left out, it does not expire.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The key; ``api_key.reveal()`` is its text, which the server shows this once.

        Raises:
            BadRequestError: a value is refused.
            PermissionDeniedError: the caller may not make keys.

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
        """Take a key back: calls with it are refused from now on.

        Args:
            key_id: its id, not the key itself.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the caller has no such key.

        Source: EdgeQuake API, ``DELETE /api/v1/api-keys/{key_id}``.
        """
        return await self._client.request(
            "DELETE", "/api/v1/api-keys/{key_id}", path_params={"key_id": key_id}, model=RevokedApiKey, **options
        )

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> ApiKeyPaginator:
        """All keys of the account, the revoked ones too.

        Args:
            page_size: how many to fetch at a time, 100 at most; the server's choice is 20.
            options: what these calls do differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/api-keys``.
        """
        return ApiKeyPaginator(
            self._client.paginate(
                "/api/v1/api-keys", params={"page_size": page_size}, model=ApiKeySummary, strategy=_PAGES, **options
            )
        )
