"""`BaseClient`, which SDKs subclass, and its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.lazy import lazy_exports

if TYPE_CHECKING or not lazy_exports(globals()):
    from asdk.client.base import BaseClient as BaseClient
    from asdk.client.options import ClientOptions as ClientOptions
    from asdk.client.options import RequestArguments as RequestArguments
