"""`BioEPIC`: the client of BioEPIC's API, its settings and its choice of credential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from typing_extensions import Unpack

from asdk.auth import ClientCredentials, Credential, PasswordGrant, Token
from asdk.client import BaseClient
from asdk.client_options import ClientOptions
from asdk.clients.bioepic.auth import Auth
from asdk.clients.bioepic.collections import Collection, DataObjects, Experiments, Samples
from asdk.clients.bioepic.decorators import MissingCredentialsError
from asdk.config import Config
from asdk.errors import ConfigurationError
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
        ConfigurationError: ``env`` is neither of them, or half a pair was passed.

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
                f"{base_url.rstrip('/')}/token",
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

    async def get_token(self, *, renew: bool = False) -> Token:
        """The token that a call would present now; ``client.auth.get_token`` gives its text.

        Args:
            renew: get a new one, though the one at hand may still be good.

        Raises:
            MissingCredentialsError: the client has no credentials.
            TokenRefusedError: they are wrong.
            TokenUnavailableError: the token endpoint cannot be asked now.

        Source: BioEPIC API, ``POST /token``.
        """
        if self.has_credentials():
            return await super().get_token(renew=renew)
        names = self.config.looked_for(*_SETTINGS)
        raise MissingCredentialsError(
            f"BioEPIC has no credentials: looked for {names}; pass client_id= and client_secret=, or username= and "
            "password="
        )


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
    url: str,
    *,
    client_id: str | None,
    client_secret: Secret | None,
    username: str | None,
    password: Secret | None,
) -> Credential | None:
    """The credential to use: what was passed in code before what the environment has, then the application's pair.

    Raises:
        ConfigurationError: half a pair was passed, and there is no whole one.
    """
    found: list[tuple[bool, Credential]] = []
    if client_id and client_secret is not None:
        credential: Credential = ClientCredentials(url, client_id, client_secret, client_auth="body")
        found.append((config.is_argument("client_id") or config.is_argument("client_secret"), credential))
    if username and password is not None:
        credential = PasswordGrant(url, username, password)
        found.append((config.is_argument("username") or config.is_argument("password"), credential))
    if found:
        return max(found, key=lambda pair: pair[0])[1]
    if any(config.is_argument(name) for name in _SETTINGS):
        raise ConfigurationError(
            "credentials are client_id and client_secret, or username and password; half of a pair was given, and the "
            f"rest looked for in vain: {config.looked_for(*_SETTINGS)}"
        )
    return None
