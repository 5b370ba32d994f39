"""Models: typed values that are decoded from JSON and encoded to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.lazy import lazy_exports

if TYPE_CHECKING or not lazy_exports(globals()):
    from asdk.models.declaration import OpenEnum as OpenEnum
    from asdk.models.declaration import Tag as Tag
    from asdk.models.declaration import Unknown as Unknown
    from asdk.models.declaration import field as field
    from asdk.models.declaration import model as model
    from asdk.models.declaration import tagged as tagged
    from asdk.models.declaration import wire_names as wire_names
    from asdk.models.decoding import decoder_for as decoder_for
    from asdk.models.encoding import encode_json as encode_json
    from asdk.models.encoding import to_wire as to_wire
    from asdk.models.parsing import JsonValue as JsonValue
    from asdk.models.paths import member_at as member_at
    from asdk.models.subscriptable import Subscriptable as Subscriptable
