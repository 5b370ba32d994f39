"""``client.users``: accounts, for administrators, but for one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import User, UserReply
from asdk.config import secret_argument
from asdk.http.options import CallOptions, omit_none
from asdk.pagination import PageNumbers, Paginator
from asdk.resources import Resource
from asdk.secret import Secret

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = PageNumbers(items="users", total="total")


class Users(Resource["EdgeQuake"]):
    """The accounts of the server."""

    async def create(
        self,
        username: str,
        *,
        email: str,
        password: str | Secret,
        role: str | None = None,
        **options: Unpack[CallOptions],
    ) -> User:
        """Create an account.

        Args:
            username: its name.
            email: its e-mail address, by which it can log in as well.
            password: its password.
            role: what it may do, such as ``"admin"``; left out, an ordinary user's.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: a value is refused.
            PermissionDeniedError: only administrators create accounts. Where everybody may register, a client
                with ``auth=None`` does it.
            ConflictError: the name or the address is taken.

        Source: EdgeQuake API, ``POST /api/v1/users``.
        """
        password = secret_argument(password)
        return (
            await self._client.request(
                "POST",
                "/api/v1/users",
                json=omit_none(username=username, email=email, password=password, role=role),
                model=UserReply,
                **options,
            )
        ).user

    async def get(self, user_id: str, **options: Unpack[CallOptions]) -> User:
        """Fetch one account.

        Args:
            user_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            PermissionDeniedError: it is somebody else's, and the caller is no administrator.
            NotFoundError: no account has this id.

        Source: EdgeQuake API, ``GET /api/v1/users/{user_id}``.
        """
        return await self._client.request(
            "GET", "/api/v1/users/{user_id}", path_params={"user_id": user_id}, model=User, **options
        )

    async def update(
        self,
        user_id: str,
        *,
        display_name: str | None = None,
        email: str | None = None,
        is_active: bool | None = None,
        role: str | None = None,
        **options: Unpack[CallOptions],
    ) -> User:
        """Change an account; what is left out stays as it is.

        Args:
            user_id: its id, a UUID.
            display_name: the name to show.
            email: the e-mail address.
            is_active: whether it may log in; for administrators.
            role: what it may do; for administrators.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The account as it is now. It does not show the display name.

        Raises:
            BadRequestError: a value is refused.
            PermissionDeniedError: it is somebody else's, or the change is for administrators.
            NotFoundError: no account has this id.
            ConflictError: the address is taken.

        Source: EdgeQuake API, ``PATCH /api/v1/users/{user_id}``.
        """
        return (
            await self._client.request(
                "PATCH",
                "/api/v1/users/{user_id}",
                path_params={"user_id": user_id},
                json=omit_none(display_name=display_name, email=email, is_active=is_active, role=role),
                model=UserReply,
                **options,
            )
        ).user

    async def delete(self, user_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete an account.

        Args:
            user_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            PermissionDeniedError: the caller is no administrator.
            NotFoundError: no account has this id.

        Source: EdgeQuake API, ``DELETE /api/v1/users/{user_id}``.
        """
        await self._client.request(
            "DELETE", "/api/v1/users/{user_id}", path_params={"user_id": user_id}, model=None, **options
        )

    def list(
        self, *, role: str | None = None, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Paginator[User]:
        """All accounts.

        Args:
            role: only those with this role.
            page_size: how many to fetch at a time, 100 at most; the server's choice is 20.
            options: what these calls do differently, see `CallOptions`.

        Raises:
            PermissionDeniedError: at the first page: the caller is no administrator.

        Source: EdgeQuake API, ``GET /api/v1/users``.
        """
        return self._client.paginate(
            "/api/v1/users", params={"role": role, "page_size": page_size}, model=User, strategy=_PAGES, **options
        )
