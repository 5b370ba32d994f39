"""``client.connections``: stored provider endpoints. For administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Records, Resource, Secret, omit_none
from asdk.client import secret_argument
from asdk.clients.edgequake.models import Connection, ProbeResult

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Connections(Resource["EdgeQuake"]):
    """Stored endpoints of providers."""

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
        """Create an endpoint of a provider.

        Args:
            slug: the short name.
            display_name: the name to show.
            api_shape: the API of the endpoint, such as ``"openai"``.
            base_url: the base URL.
            locality: the location of the endpoint, by the server's names.
            auth_scheme: the way to send the key, by the server's names.
            api_key: the key, which cannot be read again.
            timeout_secs: the timeout in seconds.
            allow_private_network: allow an address inside the server's network.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects a value.
            ConflictError: the short name is already in use.

        Source: EdgeQuake API, ``POST /api/v1/connections``.
        """
        api_key = secret_argument(api_key)
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
        """Replace the settings of an endpoint.

        Args:
            connection_id: the id of the endpoint.
            slug: the short name.
            display_name: the name to show.
            api_shape: the API of the endpoint, such as ``"openai"``.
            base_url: the base URL.
            locality: the location of the endpoint, by the server's names.
            auth_scheme: the way to send the key, by the server's names.
            api_key: the key; by default the stored key is kept.
            timeout_secs: the timeout in seconds.
            allow_private_network: allow an address inside the server's network.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects a value.
            NotFoundError: the endpoint does not exist.

        Source: EdgeQuake API, ``PUT /api/v1/connections/{connection_id}``.
        """
        api_key = secret_argument(api_key)
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
            connection_id: the id of the endpoint.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the endpoint does not exist.

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
        """Test an endpoint.

        Args:
            connection_id: the id of the endpoint.
            options: per-call options, see `CallOptions`.

        Returns:
            The capabilities found. A failing endpoint does not raise; check ``ok``.

        Raises:
            NotFoundError: the endpoint does not exist.

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
        """Test a provider without storing anything.

        Args:
            shape: the API of the provider, such as ``"openai"``.
            base_url: the base URL.
            model: the language model to test.
            embedding_model: the embedding model to test.
            api_key: the key.
            auth_scheme: the way to send the key, by the server's names.
            allow_private_network: allow an address inside the server's network.
            expected_dimension: the required length of vectors.
            options: per-call options, see `CallOptions`.

        Returns:
            The capabilities found. A failing provider does not raise; check ``ok``.

        Raises:
            BadRequestError: the server rejects a value.

        Source: EdgeQuake API, ``POST /api/v1/providers/test``.
        """
        api_key = secret_argument(api_key)
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
            options: per-call options, see `CallOptions`.

        Raises:
            PermissionDeniedError: the caller is not an administrator.

        Source: EdgeQuake API, ``GET /api/v1/connections``.
        """
        return Records(await self._client.request("GET", "/api/v1/connections", model=list[Connection], **options))
