"""`BaseClient`, which SDKs subclass, and the tools for such subclasses that the top of the package does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.lazy import lazy_exports

if TYPE_CHECKING or not lazy_exports(globals()):
    from asdk.client.base import BaseClient as BaseClient
    from asdk.client.options import ClientOptions as ClientOptions
    from asdk.client.options import RequestArguments as RequestArguments
    from asdk.clock import SYSTEM_CLOCK as SYSTEM_CLOCK
    from asdk.clock import Clock as Clock
    from asdk.config import Setting as Setting
    from asdk.config import check_key as check_key
    from asdk.config import secret_argument as secret_argument
    from asdk.errors import describe_type as describe_type
    from asdk.extras import require_extra as require_extra
    from asdk.polling import poll as poll
    from asdk.progress import ProgressDisplay as ProgressDisplay
    from asdk.resources import ResourceAttribute as ResourceAttribute
    from asdk.secret import MaskedStr as MaskedStr
    from asdk.unset import Unset as Unset
