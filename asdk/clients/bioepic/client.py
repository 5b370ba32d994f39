"""`BioEPIC`: the client of BioEPIC's API, its settings and its choice of credential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from typing_extensions import Unpack

from asdk.auth import Credential, Token
from asdk.client.base import BaseClient
from asdk.client.options import ClientOptions, RequestArguments
from asdk.clients.bioepic.auth import Auth
from asdk.clients.bioepic.collections import Collection, DataObjects, Experiments, Samples
from asdk.clients.bioepic.credentials import BioEPICLogin
from asdk.clients.bioepic.errors import HOW, MissingCredentialsError, login_error
from asdk.config import Config
from asdk.errors import ConfigurationError, StatusError, TokenError
from asdk.http.response import Response
from asdk.resources import resource
from asdk.secret import Secret

ENVIRONMENTS: Final[Mapping[str, str]] = {
    "prod": "https://api.bioepic.example.com",
    "dev": "https://api-dev.bioepic.example.com",
}
_SETTINGS = ("client_id", "client_secret", "username", "password")


class BioEPIC(BaseClient):
    """A client of BioEPIC: collections of samples, experiments and data objects.

    Settings that are not passed are looked for as ``BIOEPIC_...`` in the environment and in ``./.env``, then by the
    names that the vendor documents: ``ENV``, ``CLIENT_ID``, ``CLIENT_SECRET``, ``USERNAME``, ``PASSWORD``. Many systems
    set ``USERNAME`` to the login name, so it counts only together with a ``PASSWORD`` from the same place.

    Args:
        client_id: of an application, with ``client_secret``; this pair comes before the other one.
        client_secret: see ``client_id``.
        username: of a person, with ``password``.
        password: see ``username``.
        env: ``"prod"`` (the default) or ``"dev"``; a ``base_url`` comes before it.
        options: what every client takes, see `ClientOptions`. Without credentials calls carry no token.

    Raises:
        MissingCredentialsError: half a pair was passed.
        ConfigurationError: ``env`` is neither of them.

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

    auth = resource(Auth)
    samples = resource(Samples)
    experiments = resource(Experiments)
    data_objects = resource(DataObjects)

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
        options["base_url"] = base_url
        if "auth" not in options:
            options["auth"] = _credential(
                config,
                base_url,
                client_id=config.get("client_id", client_id),
                client_secret=config.secret("client_secret", client_secret),
                username=_username(config, username, config.secret("password", password, free_text=True)),
                password=config.secret("password", password, free_text=True),
            )
        elif client_id or client_secret or username or password:
            raise ConfigurationError("give auth=, or client_id= and client_secret=, or username= and password=")
        super().__init__(**options)

    def collection(self, name: str) -> Collection:
        """Any collection by its name, such as ``client.collection("samples")``.

        Args:
            name: as it stands in the path.
        """
        return Collection(self, name)

    def has_credentials(self) -> bool:
        """Whether the client could get a token. Nothing is sent, and nothing is said of whether they are right."""
        return self.token_source is not None

    async def get_token(self, *, refresh: bool = False) -> Token:
        """The token that a call would present now; ``client.auth.get_token`` gives its text.

        Args:
            refresh: get a new one, though the one at hand may still be good.

        Raises:
            MissingCredentialsError: the client has no credentials.
            WrongCredentialsError: they are wrong.
            LoginUnavailableError: the token endpoint cannot be asked now.

        Source: BioEPIC API, ``POST /token``.
        """
        if not self.has_credentials():
            raise MissingCredentialsError(
                f"BioEPIC has no credentials: looked for {self.config.looked_for(*_SETTINGS)}; pass client_id= and "
                "client_secret=, or username= and password="
            )
        failure: TokenError
        try:
            return await super().get_token(refresh=refresh)
        except TokenError as error:
            failure = error.copy() if isinstance(error, RuntimeError) else login_error(error)
        try:
            raise failure
        finally:
            del failure  # a frame that keeps the error it raises makes a cycle

    def status_error(self, response: Response) -> StatusError:
        error = super().status_error(response)
        if error.status == 401 and not self.has_credentials():
            error.hint = f"the call carried no credentials: pass {HOW}"
        return error

    async def fetch(self, template: str, **arguments: Unpack[RequestArguments]) -> Response:
        """The response to a GET, for what looks at more of it than its data, such as the walk of a `Collection`.

        Args:
            template: the path.
            arguments: as for `request`.

        Raises:
            As `request`, but for DecodeError.
        """
        response = await self.send(self.build_request("GET", template, **arguments))
        if not response.is_success:
            raise self.status_error(response)
        return response


def _base_url(env: str | None) -> str:
    url = ENVIRONMENTS.get(env or "")
    if url is None:
        raise ConfigurationError(f"env is one of {', '.join(ENVIRONMENTS)}; it is {env!r}")
    return url


def _username(config: Config, given: str | None, password: Secret | None) -> str | None:
    """The user name, unless it is the login name that the system has put into ``USERNAME``."""
    found = config.get("username", given)
    if config.origin("username") != "environment USERNAME" or config.origin("password") == "environment PASSWORD":
        return found
    return None if password is None else config.in_file("username")


def _credential(
    config: Config,
    base_url: str,
    *,
    client_id: str | None,
    client_secret: Secret | None,
    username: str | None,
    password: Secret | None,
) -> Credential | None:
    """The credential to use: what was passed in code before what the environment has, then the application's pair.

    Raises:
        MissingCredentialsError: half a pair was passed, and there is no whole one.
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
            "credentials are client_id and client_secret, or username and password; half of a pair was given, and the "
            f"rest looked for in vain: {config.looked_for(*_SETTINGS)}"
        )
    return None
