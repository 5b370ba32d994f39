"""Tables of records for notebooks, pandas, polars and Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.lazy import lazy_exports

if TYPE_CHECKING or not lazy_exports(globals()):
    from asdk.records.records import Records as Records
