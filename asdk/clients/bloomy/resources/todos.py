"""``client.todo``: to-dos of users and meetings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from typing_extensions import Unpack

from asdk import CallOptions, InvalidRequestError, Records, omit_none
from asdk.clients.bloomy.models.bulk import BulkResult
from asdk.clients.bloomy.models.todos import Todo
from asdk.clients.bloomy.resources.base import BloomyResource


class Todos(BloomyResource):
    """Operations on to-dos."""

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
        """Create a to-do.

        Args:
            title: the title.
            meeting_id: the meeting in which it was raised; None for a personal to-do.
            due_date: a date, or a time with a time zone; by default the server decides.
            user_id: the accountable user; by default the owner of the API key.
            notes: free text.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects a value.
            NotFoundError: the organization has no such meeting or user.

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
            todo_id: the id of the to-do.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such to-do.

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
        """Update a to-do.

        Args:
            todo_id: the id of the to-do.
            title: the new title; None keeps it.
            due_date: a date, or a time with a time zone; None keeps it.
            options: per-call options, see `CallOptions`.

        Returns:
            The updated to-do.

        Raises:
            InvalidRequestError: no change is given; nothing was sent.
            NotFoundError: the organization has no such to-do.

        Source: Bloom Growth API, ``PUT /todo/{id}``, ``GET /todo/{id}``.
        """
        body = omit_none(title=title, dueDate=due_date)
        if not body:
            raise InvalidRequestError("nothing to update: pass title= or due_date=")
        path = {"id": todo_id}
        await self._client.request("PUT", "/todo/{id}", path_params=path, json=body, model=None, **options)
        return await self.details(todo_id, **options)

    async def complete(self, todo_id: int, **options: Unpack[CallOptions]) -> Todo:
        """Mark a to-do as done.

        Args:
            todo_id: the id of the to-do.
            options: per-call options, see `CallOptions`.

        Returns:
            The updated to-do.

        Raises:
            NotFoundError: the organization has no such to-do.

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
        """Create many to-dos for meetings; some may fail.

        Args:
            todos: the arguments of `create`, one dict per to-do; ``title`` and ``meeting_id`` are required.
            max_concurrent: the number of concurrent requests.

        Source: Bloom Growth API, ``POST /L10/{id}/todos``.
        """
        return await self._create_many(self.create, todos, max_concurrent, "title", "meeting_id")

    async def list(
        self, user_id: int | None = None, *, meeting_id: int | None = None, **options: Unpack[CallOptions]
    ) -> Records[Todo]:
        """Fetch the to-dos of a user or of a meeting.

        Args:
            user_id: the user; by default the owner of the API key.
            meeting_id: the meeting, instead of a user.
            options: per-call options, see `CallOptions`.

        Raises:
            InvalidRequestError: both a user and a meeting are given; nothing was sent.
            NotFoundError: the organization has no such user or meeting.

        Source: Bloom Growth API, ``GET /todo/user/{id}``, ``GET /L10/{id}/todos``.
        """
        template, path = await self._list_target(user_id, meeting_id, "/todo/user/{id}", "/L10/{id}/todos", options)
        return Records(await self._client.request("GET", template, path_params=path, model=list[Todo], **options))
