"""``client.users``: accounts. Other accounts than the caller's are for administrators only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource, Secret, omit_none
from asdk.client import secret_argument
from asdk.clients.edgequake.models import User, UserReply
from asdk.pagination import PageNumbers, Paginator

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = PageNumbers(items="users", total="total")


class Users(Resource["EdgeQuake"]):
    """Accounts of the server."""

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
            username: the user name.
            email: the email address, which can also be used to log in.
            password: the password.
            role: the role, such as ``"admin"``; by default an ordinary user.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects a value.
            PermissionDeniedError: only administrators create accounts. If the server has open registration, use a
                client with ``auth=None``.
            ConflictError: the name or the address is already in use.

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
            user_id: the id of the account, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            PermissionDeniedError: the account is not the caller's, and the caller is not an administrator.
            NotFoundError: the account does not exist.

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
        """Update an account. Omitted arguments are not changed.

        Args:
            user_id: the id of the account, a UUID.
            display_name: the name to show.
            email: the email address.
            is_active: whether the account can log in; for administrators.
            role: the role; for administrators.
            options: per-call options, see `CallOptions`.

        Returns:
            The updated account, without the display name.

        Raises:
            BadRequestError: the server rejects a value.
            PermissionDeniedError: the account is not the caller's, or the change is for administrators.
            NotFoundError: the account does not exist.
            ConflictError: the address is already in use.

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
            user_id: the id of the account, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            PermissionDeniedError: the caller is not an administrator.
            NotFoundError: the account does not exist.

        Source: EdgeQuake API, ``DELETE /api/v1/users/{user_id}``.
        """
        await self._client.request(
            "DELETE", "/api/v1/users/{user_id}", path_params={"user_id": user_id}, model=None, **options
        )

    def list(
        self, *, role: str | None = None, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Paginator[User]:
        """List the accounts.

        Args:
            role: only accounts with this role.
            page_size: items per page, at most 100; the server's default is 20.
            options: per-call options, see `CallOptions`.

        Raises:
            PermissionDeniedError: on the first page: the caller is not an administrator.

        Source: EdgeQuake API, ``GET /api/v1/users``.
        """
        return self._client.paginate(
            "/api/v1/users", params={"role": role, "page_size": page_size}, model=User, strategy=_PAGES, **options
        )
