"""`Bloomy`: the client for Bloom Growth, with its settings and its choice of API key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import ClassVar

from typing_extensions import Unpack

from asdk import (
    UNSET,
    BaseClient,
    CallOptions,
    ClientOptions,
    Config,
    ConfigurationError,
    DeadlineExceededError,
    Response,
    Secret,
    StatusError,
    resource,
)
from asdk.auth import BearerToken, Credential
from asdk.client import ResourceAttribute
from asdk.clients.bloomy import config_file
from asdk.clients.bloomy.credentials import BloomyLogin, FoundKey, login_of
from asdk.clients.bloomy.errors import api_error
from asdk.clients.bloomy.models.users import OwnId
from asdk.clients.bloomy.resources import Goals, Headlines, Issues, Meetings, ScorecardOperations, Todos, Users
from asdk.concurrency import SharedCalls


class Bloomy(BaseClient):
    """A client for Bloom Growth, with people, L10 meetings, to-dos, goals, scorecards, issues and headlines.

    The API key is the argument, otherwise ``BG_API_KEY`` (or ``BLOOMY_API_KEY``) from the environment or ``./.env``,
    otherwise the key in ``~/.bloomy/config.yaml``. A key from the environment or a file is read again when the server
    rejects it, so it can be rotated while the program runs. With a user name and a password, the client gets its keys
    itself. Use one client per account.

    Args:
        api_key: the API key, sent as a bearer token.
        username: the e-mail address of an account, with ``password``; also ``BLOOMY_USERNAME``.
        password: the password of the account; also ``BLOOMY_PASSWORD``.
        config_path: the path of the configuration file, by default ``~/.bloomy/config.yaml``; also
            ``BLOOMY_CONFIG_PATH``.
        options: options of every client, see `ClientOptions`.

    Raises:
        ConfigurationError: no key was found, or the file is invalid.

    Source: Bloom Growth API v1.
    """

    base_url = "https://app.bloomgrowth.com/api/v1"
    env_prefix = "BLOOMY"
    # The server expects it on every call; without it, a call without a body would be sent as octets.
    default_headers: ClassVar[Mapping[str, str]] = {"Content-Type": "application/json"}
    env_names: ClassVar[Mapping[str, tuple[str, ...]]] = {"api_key": ("BG_API_KEY",)}

    user: ResourceAttribute[Users] = resource(Users)
    meeting: ResourceAttribute[Meetings] = resource(Meetings)
    todo: ResourceAttribute[Todos] = resource(Todos)
    goal: ResourceAttribute[Goals] = resource(Goals)
    scorecard: ResourceAttribute[ScorecardOperations] = resource(ScorecardOperations)
    issue: ResourceAttribute[Issues] = resource(Issues)
    headline: ResourceAttribute[Headlines] = resource(Headlines)

    def __init__(
        self,
        api_key: str | Secret | None = None,
        *,
        username: str | None = None,
        password: str | Secret | None = None,
        config_path: str | os.PathLike[str] | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        config = self.config_for(options)
        if "auth" not in options:
            base_url = config.get("base_url", options.get("base_url"), default=type(self).base_url) or ""
            login = (config.get("username", username), config.secret("password", password, free_text=True))
            named = None if config_path is None else os.fspath(config_path)
            named = config.get("config_path", named, implicit=False)
            options["auth"] = _credential(config, base_url, api_key, login, named)
        elif api_key or username or password:
            raise ConfigurationError("auth cannot be combined with api_key, username or password; pass one of them")
        super().__init__(**options)
        self._own_ids = SharedCalls[int]()
        self._own_id: tuple[Secret | None, int] | None = None  # of the key that was last used

    async def access_token(self, **options: Unpack[CallOptions]) -> Secret | None:
        """Return the key that calls carry, after logging in if necessary; None with ``auth=None``.

        Args:
            options: per-call options, see `CallOptions`.

        Raises:
            WrongPasswordError: the user name or the password is wrong.
            AccountLockedError: the account is locked after too many wrong passwords.
            TokenUnavailableError: the server could not be reached, or asked the client to wait.

        Source: Bloom Growth API, ``POST /Token``.
        """
        if self.token_source is None:
            return None
        return (await self.get_token(timeout=options.get("timeout", UNSET))).value

    async def get_user_id(self, **options: Unpack[CallOptions]) -> int:
        """Return the id of the API key's owner, the default user of calls. It is fetched once.

        Args:
            options: per-call options, see `CallOptions`.

        Raises:
            APIError: 401, the server rejects the key.

        Source: Bloom Growth API, ``GET /users/mine``.
        """
        key = await self.access_token(**options)
        own = self._own_id
        if own is not None and own[0] == key:
            return own[1]

        async def ask() -> int:
            return (await self.request("GET", "/users/mine", model=OwnId, **options)).id

        timeout = self.build_request("GET", "/users/mine", **options).options.timeout.total
        try:
            user_id = await self._own_ids.get(key, ask, timeout)
        except DeadlineExceededError as error:
            error.method, error.template = "GET", "/users/mine"
            raise
        self._own_id = key, user_id
        return user_id

    def status_error(self, response: Response) -> StatusError:
        """Return the `APIError` for a response."""
        source = self.token_source
        bought = source is not None and isinstance(source.credential, BloomyLogin)
        return api_error(super().status_error(response), bought=bought)


def _credential(
    config: Config,
    base_url: str,
    api_key: str | Secret | None,
    login: tuple[str | None, Secret | None],
    named: str | None,
) -> Credential:
    """Choose the credential: arguments first, then a key or login from the environment, then the file."""
    key = config.secret("api_key", api_key)
    if key is not None and config.is_argument("api_key"):
        return BearerToken(key)
    login_passed = config.is_argument("username") or config.is_argument("password")
    if key is not None and not login_passed:
        return FoundKey(lambda: config.secret("api_key"), config.origin("api_key"))
    is_half = (login[0] is None) != (login[1] is None)
    bought = None if is_half and not login_passed else login_of(config, base_url, *login)
    if bought is not None:
        return bought
    looked_for = config.looked_for("api_key")
    path = config_file.path_of(named)
    key = config_file.read_key(path)
    if key is None:
        login_of(config, base_url, *login)  # half a login in the environment is the more likely cause
        raise ConfigurationError(
            f"No API key: not found in {looked_for}, nor as api_key in {path}; pass api_key=, or get one with "
            "Configuration().configure_api_key(username, password, store_key=True)"
        )
    config.note("api_key", key, f"file {path}")
    return FoundKey(lambda: config_file.read_key(path), f"file {path}")
