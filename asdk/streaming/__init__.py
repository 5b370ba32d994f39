"""Streams of typed items: server-sent events and JSON lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.lazy import lazy_exports

if TYPE_CHECKING or not lazy_exports(globals()):
    from asdk.streaming.parsers import ServerSentEvent as ServerSentEvent
    from asdk.streaming.streams import EventStream as EventStream
    from asdk.streaming.streams import JsonLineStream as JsonLineStream
    from asdk.streaming.streams import Reconnect as Reconnect
    from asdk.streaming.streams import error_in as error_in
