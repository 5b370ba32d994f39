"""``client.todo``: to-dos, of a person or of a meeting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from typing_extensions import Unpack

from asdk.clients.bloomy.models.bulk import BulkResult
from asdk.clients.bloomy.models.todos import Todo
from asdk.clients.bloomy.resources.base import BloomyResource
from asdk.errors import InvalidRequestError
from asdk.http.options import CallOptions, omit_none
from asdk.records.records import Records


class Todos(BloomyResource):
    """Things to do by a day."""

    async def create(
        self,
        title: str,
        *,
        meeting_id: int | None = None,
        due_date: date | str | None = None,
        user_id: int | None = None,
        notes: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Todo:
        """Make a to-do.

        Args:
            title: what is to be done.
            meeting_id: the meeting that it came up in; left out, it is a person's own.
            due_date: a day, or a moment with a time zone; left out, the server's choice.
            user_id: who does it; left out, the owner of the key.
            notes: more about it.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: a value is refused.
            NotFoundError: the organisation has no such meeting or user.

        Source: Bloom Growth API, ``POST /todo/create``, ``POST /L10/{id}/todos``.
        """
        owner = await self._user(user_id, options)
        if meeting_id is None:
            body = omit_none(title=title, accountableUserId=owner, notes=notes, dueDate=due_date)
            return await self._client.request("POST", "/todo/create", json=body, model=Todo, **options)
        body = omit_none(Title=title, ForId=owner, Notes=notes, dueDate=due_date)
        path = {"id": meeting_id}
        return await self._client.request("POST", "/L10/{id}/todos", path_params=path, json=body, model=Todo, **options)

    async def details(self, todo_id: int, **options: Unpack[CallOptions]) -> Todo:
        """Fetch one to-do.

        Args:
            todo_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the organisation has no such to-do.

        Source: Bloom Growth API, ``GET /todo/{id}``.
        """
        return await self._client.request("GET", "/todo/{id}", path_params={"id": todo_id}, model=Todo, **options)

    async def update(
        self,
        todo_id: int,
        *,
        title: str | None = None,
        due_date: date | str | None = None,
        **options: Unpack[CallOptions],
    ) -> Todo:
        """Change a to-do.

        Args:
            todo_id: its id.
            title: what is to be done; left out, as it is.
            due_date: a day, or a moment with a time zone; left out, as it is.
            options: what these calls do differently, see `CallOptions`.

        Returns:
            The to-do as it is then.

        Raises:
            InvalidRequestError: nothing to change is given; nothing was sent.
            NotFoundError: the organisation has no such to-do.

        Source: Bloom Growth API, ``PUT /todo/{id}``, ``GET /todo/{id}``.
        """
        body = omit_none(title=title, dueDate=due_date)
        if not body:
            raise InvalidRequestError("give a title or a due_date to change")
        path = {"id": todo_id}
        await self._client.request("PUT", "/todo/{id}", path_params=path, json=body, model=None, **options)
        return await self.details(todo_id, **options)

    async def complete(self, todo_id: int, **options: Unpack[CallOptions]) -> Todo:
        """Mark a to-do as done.

        Args:
            todo_id: its id.
            options: what these calls do differently, see `CallOptions`.

        Returns:
            The to-do as it is then.

        Raises:
            NotFoundError: the organisation has no such to-do.

        Source: Bloom Growth API, ``POST /todo/{id}/complete``, ``GET /todo/{id}``.
        """
        await self._client.request(
            "POST",
            "/todo/{id}/complete",
            path_params={"id": todo_id},
            params={"status": True},
            model=None,
            idempotent=True,
            **options,
        )
        return await self.details(todo_id, **options)

    async def create_many(self, todos: Iterable[Mapping[str, Any]], *, max_concurrent: int = 5) -> BulkResult[Todo]:
        """Make many to-dos of meetings; some may fail.

        Args:
            todos: the arguments of `create`, as dicts; ``title`` and ``meeting_id`` are required here.
            max_concurrent: how many are made at a time.

        Source: Bloom Growth API, ``POST /L10/{id}/todos``.
        """
        return await self._create_many(self.create, todos, max_concurrent, "title", "meeting_id")

    async def list(
        self, user_id: int | None = None, *, meeting_id: int | None = None, **options: Unpack[CallOptions]
    ) -> Records[Todo]:
        """Fetch the to-dos of a user or of a meeting.

        Args:
            user_id: left out, the owner of the key.
            meeting_id: the meeting, in place of a user.
            options: what this call does differently, see `CallOptions`.

        Raises:
            InvalidRequestError: both are named; nothing was sent.
            NotFoundError: the organisation has no such user or meeting.

        Source: Bloom Growth API, ``GET /todo/user/{id}``, ``GET /L10/{id}/todos``.
        """
        template, path = await self._place(user_id, meeting_id, "/todo/user/{id}", "/L10/{id}/todos", options)
        return Records(await self._client.request("GET", template, path_params=path, model=list[Todo], **options))
