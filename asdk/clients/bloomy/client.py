"""`Bloomy`: the client of Bloom Growth, its settings and its choice of key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import ClassVar

from typing_extensions import Unpack

from asdk.auth import BearerToken, Credential
from asdk.client.base import BaseClient
from asdk.client.options import ClientOptions
from asdk.clients.bloomy import config_file
from asdk.clients.bloomy.credentials import BloomyLogin, FoundKey, login_of
from asdk.clients.bloomy.errors import api_error
from asdk.clients.bloomy.models.users import OwnId
from asdk.clients.bloomy.own_user import OwnUser
from asdk.clients.bloomy.resources import Goals, Headlines, Issues, Meetings, ScorecardOperations, Todos, Users
from asdk.config import Config
from asdk.errors import ConfigurationError, StatusError
from asdk.http.options import CallOptions, merge_options
from asdk.http.response import Response
from asdk.resources import resource
from asdk.secret import Secret


class Bloomy(BaseClient):
    """A client of Bloom Growth: people, L10 meetings, to-dos, goals, scorecards, issues and headlines.

    The key is the argument, else ``BG_API_KEY`` (or ``BLOOMY_API_KEY``) of the environment or of ``./.env``, else that
    of ``~/.bloomy/config.yaml``. A key that was found is looked up again when the server no longer takes it, so that
    one may be rotated under a running program. With a user name and a password the client buys its keys itself.
    Several accounts are several clients.

    Args:
        api_key: sent as a bearer token.
        username: the e-mail address of an account, with ``password``; also ``BLOOMY_USERNAME``.
        password: see ``username``; also ``BLOOMY_PASSWORD``.
        config_path: of another file than ``~/.bloomy/config.yaml``; also ``BLOOMY_CONFIG_PATH``.
        options: what every client takes, see `ClientOptions`.

    Raises:
        ConfigurationError: there is no key anywhere, or the file cannot be understood.

    Source: Bloom Growth API v1.
    """

    base_url = "https://app.bloomgrowth.com/api/v1"
    env_prefix = "BLOOMY"
    env_names: ClassVar[Mapping[str, tuple[str, ...]]] = {"api_key": ("BG_API_KEY",)}

    user = resource(Users)
    meeting = resource(Meetings)
    todo = resource(Todos)
    goal = resource(Goals)
    scorecard = resource(ScorecardOperations)
    issue = resource(Issues)
    headline = resource(Headlines)

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
            named = config.get("config_path", None if config_path is None else os.fspath(config_path))
            options["auth"] = _credential(config, base_url, api_key, login, named)
        elif api_key or username or password:
            raise ConfigurationError("give auth=, or api_key=, or username= and password=, not both")
        super().__init__(**options)
        # The server is used to it on every call, and one without a body would go out as octets.
        self._headers.setdefault("Content-Type", "application/json")
        self._own_user = OwnUser()

    async def access_token(self, **options: Unpack[CallOptions]) -> Secret | None:
        """The key that calls carry, bought first where that is needed; None with ``auth=None``.

        Args:
            options: what this call does differently, see `CallOptions`.

        Raises:
            WrongPasswordError: there is no such account with this password.
            AccountLockedError: too many wrong passwords before.
            TokenUnavailableError: the server could not be asked, or asked to wait.

        Source: Bloom Growth API, ``POST /Token``.
        """
        source = self._core.source
        if source is None:
            return None
        within = merge_options(self._options, options).timeout.total
        return (source.peek() or await source.get(self._core.send, within=within)).value

    async def get_user_id(self, **options: Unpack[CallOptions]) -> int:
        """The id of the user behind the key: what calls take that name no user. It is fetched once.

        Args:
            options: what this call does differently, see `CallOptions`.

        Raises:
            APIError: 401: the server does not accept the key.

        Source: Bloom Growth API, ``GET /users/mine``.
        """
        key = await self.access_token(**options)
        known = self._own_user.known(key)
        return await self._ask_user_id(key, options) if known is None else known

    async def _ask_user_id(self, key: Secret | None, options: CallOptions) -> int:
        async def ask() -> int:
            return (await self.request("GET", "/users/mine", model=OwnId, **options)).id

        return await self._own_user.get(key, ask, merge_options(self._options, options).timeout.total)

    def status_error(self, response: Response) -> StatusError:
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
    """The credential to use: what was passed in code, then a key of the environment, a login of it, the file."""
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
        login_of(config, base_url, *login)  # half a login of the environment is the likelier reason
        raise ConfigurationError(
            f"No API key: looked for {looked_for}, and for api_key in {path}; pass api_key=, or get one with "
            "Configuration().configure_api_key(username, password, store_key=True)"
        )
    config.note("api_key", key, f"file {path}")
    return FoundKey(lambda: config_file.read_key(path), f"file {path}")
