"""`BioEPIC`: the client for the BioEPIC API, with its settings and its choice of credential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from typing_extensions import Unpack

from asdk import (
    UNSET,
    BaseClient,
    ClientOptions,
    Config,
    ConfigurationError,
    RequestArguments,
    Response,
    Secret,
    StatusError,
    TokenError,
    resource,
)
from asdk.auth import Credential, Token
from asdk.client import ResourceAttribute, Unset
from asdk.clients.bioepic.auth import Auth
from asdk.clients.bioepic.collections import Collection, DataObjects, Experiments, Samples
from asdk.clients.bioepic.credentials import BioEPICLogin
from asdk.clients.bioepic.errors import HOW, MissingCredentialsError, login_error
from asdk.http import TimeoutTypes

ENVIRONMENTS: Final[Mapping[str, str]] = {
    "prod": "https://api.bioepic.example.com",
    "dev": "https://api-dev.bioepic.example.com",
}
_SETTINGS = ("client_id", "client_secret", "username", "password")


class BioEPIC(BaseClient):
    """A client for BioEPIC, with collections of samples, experiments and data objects.

    Settings that are not passed are read from ``BIOEPIC_...`` variables in the environment and in ``./.env``, then
    under the names that the vendor documents: ``ENV``, ``CLIENT_ID``, ``CLIENT_SECRET``, ``USERNAME``, ``PASSWORD``.
    Many systems set ``USERNAME`` to the login name, so it is used only together with a ``PASSWORD`` from the same
    source.

    Args:
        client_id: the client id of an application, with ``client_secret``; this pair takes precedence.
        client_secret: the client secret of the application.
        username: the user name of a person, with ``password``.
        password: the password of the person.
        env: ``"prod"`` (the default) or ``"dev"``; ``base_url`` takes precedence.
        options: options of every client, see `ClientOptions`. Without credentials, calls are anonymous.

    Raises:
        MissingCredentialsError: only one half of a pair was passed.
        ConfigurationError: ``env`` is unknown.

    Source: BioEPIC skills, as its client of November 2025 describes the API.
    """

    env_prefix = "BIOEPIC"
    env_names: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "env": ("ENV",),
        "client_id": ("CLIENT_ID",),
        "client_secret": ("CLIENT_SECRET",),
        "username": ("USERNAME",),
        "password": ("PASSWORD",),
    }

    auth: ResourceAttribute[Auth] = resource(Auth)
    samples: ResourceAttribute[Samples] = resource(Samples)
    experiments: ResourceAttribute[Experiments] = resource(Experiments)
    data_objects: ResourceAttribute[DataObjects] = resource(DataObjects)

    def __init__(
        self,
        *,
        client_id: str | None = None,
        client_secret: str | Secret | None = None,
        username: str | None = None,
        password: str | Secret | None = None,
        env: str | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        config = self.config_for(options)
        default = _base_url(config.get("env", env, default="prod"))
        base_url = config.get("base_url", options.get("base_url"), default=default) or default
        config.note_derived("base_url", base_url)
        options["base_url"] = base_url
        self._reads_credentials = "auth" not in options
        if self._reads_credentials:
            options["auth"] = _credential(
                config,
                base_url,
                client_id=config.get("client_id", client_id),
                client_secret=config.secret("client_secret", client_secret),
                username=_username(config, username, config.secret("password", password, free_text=True)),
                password=config.secret("password", password, free_text=True),
            )
        elif client_id or client_secret or username or password:
            raise ConfigurationError(
                "auth cannot be combined with other credentials; pass auth=, or client_id= and client_secret=, or "
                "username= and password="
            )
        super().__init__(**options)

    def collection(self, name: str) -> Collection:
        """Return a collection by name, such as ``client.collection("samples")``.

        Args:
            name: the name in the URL path.
        """
        return Collection(self, name)

    def has_credentials(self) -> bool:
        """Return whether credentials are configured. They are not sent, so they may still be wrong."""
        return self.token_source is not None

    async def get_token(
        self,
        *,
        refresh: bool = False,
        login: bool = False,
        timeout: TimeoutTypes | Unset = UNSET,  # noqa: ASYNC109 - handed to the token source
    ) -> Token:
        """Return the token for the next call; ``client.auth.get_token`` returns its text.

        Args:
            refresh: get the next token, even if the current one is still valid.
            login: log in for the next token instead of refreshing.
            timeout: the time to wait, in seconds; by default the client's.

        Raises:
            MissingCredentialsError: the client has no credentials.
            WrongCredentialsError: the credentials are wrong.
            LoginUnavailableError: the token endpoint is unavailable.

        Source: BioEPIC API, ``POST /token``.
        """
        if not self.has_credentials():
            places = f"in {self.config.looked_for(*_SETTINGS)}" if self._reads_credentials else "with auth=None"
            raise MissingCredentialsError(
                f"no BioEPIC credentials {places}; pass client_id= and client_secret=, or username= and password="
            )
        failure: TokenError
        try:
            return await super().get_token(refresh=refresh, login=login, timeout=timeout)
        except TokenError as error:
            failure = error.copy() if isinstance(error, RuntimeError) else login_error(error)
        try:
            raise failure
        finally:
            del failure  # a frame that keeps the error it raises makes a cycle

    def status_error(self, response: Response) -> StatusError:
        """Return the error for a response, with a hint if a rejected call was anonymous."""
        error = super().status_error(response)
        if error.status == 401 and not self.has_credentials():
            error.hint = f"the request had no credentials: pass {HOW}"
        return error

    async def fetch(self, template: str, **arguments: Unpack[RequestArguments]) -> Response:
        """Send a GET and return the response, for callers that need more than its data, such as `Collection`.

        Args:
            template: the path template.
            arguments: see `request`.

        Raises:
            As `request`, except DecodeError.
        """
        response = await self.send(self.build_request("GET", template, **arguments))
        if not response.is_success:
            raise self.status_error(response)
        return response


def _base_url(env: str | None) -> str:
    url = ENVIRONMENTS.get(env or "")
    if url is None:
        raise ConfigurationError(f"env must be one of {', '.join(ENVIRONMENTS)}, got {env!r}")
    return url


def _username(config: Config, given: str | None, password: Secret | None) -> str | None:
    """Return the user name, unless it is the login name that the system set in ``USERNAME``."""
    found = config.get("username", given)
    if config.origin("username") != "environment USERNAME" or config.origin("password") == "environment PASSWORD":
        return found
    return None if password is None else config.get("username", environment=False)


def _credential(
    config: Config,
    base_url: str,
    *,
    client_id: str | None,
    client_secret: Secret | None,
    username: str | None,
    password: Secret | None,
) -> Credential | None:
    """Choose the credential: arguments first, then the environment, then the application's pair.

    Raises:
        MissingCredentialsError: one half of a pair was passed, and no complete pair was found.
    """
    found: list[tuple[bool, Credential]] = []
    if client_id and client_secret is not None:
        credential = BioEPICLogin(base_url, "client_credentials", client_id, client_secret)
        found.append((config.is_argument("client_id") or config.is_argument("client_secret"), credential))
    if username and password is not None:
        credential = BioEPICLogin(base_url, "password", username, password)
        found.append((config.is_argument("username") or config.is_argument("password"), credential))
    if found:
        return max(found, key=lambda pair: pair[0])[1]
    if any(config.is_argument(name) for name in _SETTINGS):
        raise MissingCredentialsError(
            "incomplete credentials: pass client_id= and client_secret=, or username= and password=; the other half "
            f"was not found in {config.looked_for(*_SETTINGS)}"
        )
    return None
