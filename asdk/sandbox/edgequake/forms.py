"""Conversion of multipart forms to parts in memory, with the server framework's errors."""

import attrs
from aiohttp import BodyPartReader, web

from asdk.sandbox.edgequake.errors import ApiError, RejectedError


@attrs.frozen
class Part:
    """Part of a form."""

    name: str
    filename: str | None
    content_type: str | None
    data: bytes = attrs.field(repr=False)


async def read_form(request: web.Request, *, limit: int) -> list[Part]:
    """Read all parts in order.

    Raises:
        RejectedError: not a multipart form, or a broken one.
        ApiError: PAYLOAD_TOO_LARGE, more than ``limit`` bytes in total.
    """
    if request.content_type != "multipart/form-data":
        raise RejectedError(400, "Invalid `boundary` for `multipart/form-data` request")
    try:
        return await _read_parts(request, limit)
    except ValueError as error:
        raise RejectedError(400, f"Error parsing `multipart/form-data` request: {error}") from None


async def _read_parts(request: web.Request, limit: int) -> list[Part]:
    parts: list[Part] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise ValueError("nested multipart")
        data = bytearray()
        while chunk := await part.read_chunk():
            data += chunk
            if len(data) > limit:
                raise ApiError("PAYLOAD_TOO_LARGE", f"More than {limit} bytes")
        limit -= len(data)
        parts.append(Part(part.name or "", part.filename, part.headers.get("Content-Type"), bytes(data)))
    return parts
