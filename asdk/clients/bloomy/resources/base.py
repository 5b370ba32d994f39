"""`BloomyResource`: what the groups share: the user that a call means when it names none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.errors import InvalidRequestError
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.bloomy.client import Bloomy


class BloomyResource(Resource["Bloomy"]):
    """A group of operations of Bloom Growth."""

    __slots__ = ()

    async def _user(self, user_id: int | None) -> int:
        """This user, or the owner of the key."""
        return await self._client.get_user_id() if user_id is None else user_id

    async def _place(
        self, user_id: int | None, meeting_id: int | None, of_user: str, of_meeting: str
    ) -> tuple[str, dict[str, object]]:
        """Where a list is, as a path template and its parameter: of a meeting, a user, or the owner of the key.

        Raises:
            InvalidRequestError: both are named; nothing was sent.
        """
        if meeting_id is None:
            return of_user, {"id": await self._user(user_id)}
        if user_id is not None:
            raise InvalidRequestError("give user_id or meeting_id, not both")
        return of_meeting, {"id": meeting_id}
