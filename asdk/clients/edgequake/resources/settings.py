"""``client.settings``: settings of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource
from asdk.clients.edgequake.models import AvailableProviders, EffectiveConfig, ProviderStatus

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Settings(Resource["EdgeQuake"]):
    """Models and providers in use."""

    async def provider_status(self, **options: Unpack[CallOptions]) -> ProviderStatus:
        """Fetch the providers in use and their status.

        Args:
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/settings/provider/status``.
        """
        return await self._client.request("GET", "/api/v1/settings/provider/status", model=ProviderStatus, **options)

    async def providers(self, **options: Unpack[CallOptions]) -> AvailableProviders:
        """Fetch the available providers and their missing requirements.

        Args:
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/settings/providers``.
        """
        return await self._client.request("GET", "/api/v1/settings/providers", model=AvailableProviders, **options)

    async def effective_config(self, **options: Unpack[CallOptions]) -> EffectiveConfig:
        """Fetch the effective settings of the workspace of the call and their origin.

        Args:
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/config/effective``.
        """
        return await self._client.request("GET", "/api/v1/config/effective", model=EffectiveConfig, **options)
