"""``client.connections``: endpoints of providers that the server keeps. For administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import Connection, ProbeResult
from asdk.http.options import CallOptions, omit_none
from asdk.records.records import Records
from asdk.resources import Resource
from asdk.secret import Secret

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Connections(Resource["EdgeQuake"]):
    """The endpoints of providers."""

    async def create(
        self,
        *,
        slug: str,
        display_name: str,
        api_shape: str,
        base_url: str,
        locality: str | None = None,
        auth_scheme: str | None = None,
        api_key: str | Secret | None = None,
        timeout_secs: int | None = None,
        allow_private_network: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Connection:
        """Keep an endpoint of a provider.

        Args:
            slug: its short name.
            display_name: its name.
            api_shape: which API it speaks, such as ``"openai"``.
            base_url: its address.
            locality: where it runs; the server's names.
            auth_scheme: how the key is sent; the server's names.
            api_key: its key, which nobody can read again; a `Secret` is opened in the body.
            timeout_secs: how long to wait for it, in seconds.
            allow_private_network: also an address within the server's network.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: a value is refused.
            ConflictError: the short name is taken.

        Source: EdgeQuake API, ``POST /api/v1/connections``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/connections",
            json=omit_none(
                slug=slug,
                display_name=display_name,
                api_shape=api_shape,
                base_url=base_url,
                locality=locality,
                auth_scheme=auth_scheme,
                api_key=api_key,
                timeout_secs=timeout_secs,
                allow_private_network=allow_private_network,
            ),
            model=Connection,
            **options,
        )

    async def update(
        self,
        connection_id: str,
        *,
        slug: str,
        display_name: str,
        api_shape: str,
        base_url: str,
        locality: str | None = None,
        auth_scheme: str | None = None,
        api_key: str | Secret | None = None,
        timeout_secs: int | None = None,
        allow_private_network: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Connection:
        """Replace what the server keeps about an endpoint.

        Args:
            connection_id: its id.
            slug: its short name.
            display_name: its name.
            api_shape: which API it speaks, such as ``"openai"``.
            base_url: its address.
            locality: where it runs; the server's names.
            auth_scheme: how the key is sent; the server's names.
            api_key: its key; left out, the one that is kept.
            timeout_secs: how long to wait for it, in seconds.
            allow_private_network: also an address within the server's network.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: a value is refused.
            NotFoundError: there is no such endpoint.

        Source: EdgeQuake API, ``PUT /api/v1/connections/{connection_id}``.
        """
        return await self._client.request(
            "PUT",
            "/api/v1/connections/{connection_id}",
            path_params={"connection_id": connection_id},
            json=omit_none(
                slug=slug,
                display_name=display_name,
                api_shape=api_shape,
                base_url=base_url,
                locality=locality,
                auth_scheme=auth_scheme,
                api_key=api_key,
                timeout_secs=timeout_secs,
                allow_private_network=allow_private_network,
            ),
            model=Connection,
            **options,
        )

    async def delete(self, connection_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete an endpoint.

        Args:
            connection_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such endpoint.

        Source: EdgeQuake API, ``DELETE /api/v1/connections/{connection_id}``.
        """
        await self._client.request(
            "DELETE",
            "/api/v1/connections/{connection_id}",
            path_params={"connection_id": connection_id},
            model=None,
            **options,
        )

    async def test(self, connection_id: str, **options: Unpack[CallOptions]) -> ProbeResult:
        """Try an endpoint out.

        Args:
            connection_id: its id.
            options: what this call does differently, see `CallOptions`.

        Returns:
            What it can do. An endpoint that fails is no error: ``ok`` says so.

        Raises:
            NotFoundError: there is no such endpoint.

        Source: EdgeQuake API, ``POST /api/v1/connections/{connection_id}/test``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/connections/{connection_id}/test",
            path_params={"connection_id": connection_id},
            model=ProbeResult,
            **options,
        )

    async def test_provider(
        self,
        shape: str,
        *,
        base_url: str | None = None,
        model: str | None = None,
        embedding_model: str | None = None,
        api_key: str | Secret | None = None,
        auth_scheme: str | None = None,
        allow_private_network: bool | None = None,
        expected_dimension: int | None = None,
        **options: Unpack[CallOptions],
    ) -> ProbeResult:
        """Try a provider out, without keeping anything.

        Args:
            shape: which API it speaks, such as ``"openai"``.
            base_url: its address.
            model: the language model to try.
            embedding_model: the model for embeddings to try.
            api_key: its key; a `Secret` is opened in the body.
            auth_scheme: how the key is sent; the server's names.
            allow_private_network: also an address within the server's network.
            expected_dimension: the length that vectors must have.
            options: what this call does differently, see `CallOptions`.

        Returns:
            What it can do. A provider that fails is no error: ``ok`` says so.

        Raises:
            BadRequestError: a value is refused.

        Source: EdgeQuake API, ``POST /api/v1/providers/test``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/providers/test",
            json=omit_none(
                shape=shape,
                base_url=base_url,
                model=model,
                embedding_model=embedding_model,
                api_key=api_key,
                auth_scheme=auth_scheme,
                allow_private_network=allow_private_network,
                expected_dimension=expected_dimension,
            ),
            model=ProbeResult,
            **options,
        )

    async def list(self, **options: Unpack[CallOptions]) -> Records[Connection]:
        """Fetch all endpoints.

        Args:
            options: what this call does differently, see `CallOptions`.

        Raises:
            PermissionDeniedError: the caller is no administrator.

        Source: EdgeQuake API, ``GET /api/v1/connections``.
        """
        return Records(await self._client.request("GET", "/api/v1/connections", model=list[Connection], **options))
