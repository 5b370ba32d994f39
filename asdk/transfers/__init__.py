"""Downloads to files: resumed, verified and published atomically."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.lazy import lazy_exports

if TYPE_CHECKING or not lazy_exports(globals()):
    from asdk.transfers.download import DownloadResult as DownloadResult
    from asdk.transfers.targets import path_in as path_in
