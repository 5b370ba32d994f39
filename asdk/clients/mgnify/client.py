"""`MGnify`: the client for the MGnify API, with its settings and its choice of credential."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import Unpack

from asdk import BaseClient, ClientOptions, Config, ConfigurationError, Secret, resource
from asdk.auth import Credential, PromptCredential
from asdk.client import SYSTEM_CLOCK, Clock, ResourceAttribute
from asdk.clients.mgnify.config import NAMES, PREFIX, MGnifyConfig
from asdk.clients.mgnify.credentials import LOGIN_HINTS, SlidingToken
from asdk.clients.mgnify.models import Study
from asdk.clients.mgnify.queries import QuerySet
from asdk.clients.mgnify.resources import (
    Analyses,
    Assemblies,
    Auth,
    Biomes,
    Catalogues,
    Files,
    Genomes,
    Publications,
    Runs,
    Samples,
    Searches,
    Studies,
    SuperStudies,
)
from asdk.http import read_error
from asdk.middleware import AnyMiddleware
from asdk.models import JsonValue

if TYPE_CHECKING:
    from asdk.clients.mgnify.page_cache import PageCache

API_PATH = "/metagenomics/api/v2"

# Advice for messages of the server.
_HINTS = {
    "Unauthorized": "private data requires a Webin account: pass username= and password=, set MGNIFY_USERNAME and "
    "MGNIFY_PASSWORD, or pass interactive=True",
    "Given token not valid for any token type": "the token has expired or belongs to another server: pass username= "
    "and password= to get a new one; public data requires no token",
    "Invalid credentials": LOGIN_HINTS,
    "Token is invalid or expired": "only a valid token can be refreshed: log in again",
    "Not found.": "the record does not exist, or is private to another account",
}


class MGnify(BaseClient):
    """A client for MGnify, with studies, samples, runs, assemblies, analyses, genomes, publications and biomes.

    Public data requires no account. With an account the client can also read private data: it logs in when necessary
    and refreshes the token.

    Settings that are not passed are read from ``MGNIFY_...`` variables in the environment and in ``./.env``, then under
    the names that the vendor documents: base URL (``MGNIFY_BASE_URL``, ``BASE_URL``), user name (``MGNIFY_USERNAME``,
    ``MG_USER``), password (``MGNIFY_PASSWORD``, ``MG_PASSWORD``), token (``MGNIFY_AUTH_TOKEN``, ``AUTH_TOKEN``).

    Args:
        username: the Webin id of an account, such as ``"Webin-12345"``.
        password: the password of the account.
        auth_token: an existing token. On its own it expires within a day; with a login it saves the first login.
        interactive: prompt for a missing user name or password in the terminal or notebook, on the first call that may
            return private data. Without a terminal or notebook, such a call fails.
        page_cache: a directory in which to cache pages for a day, or a `PageCache` with another lifetime; also
            ``MGNIFY_PAGE_CACHE``. By default pages are not cached.
        options: options of every client, see `ClientOptions`. The path of the API is added to a ``base_url`` without a
            path.

    Source: MGnify API v2.
    """

    base_url = f"https://www.ebi.ac.uk{API_PATH}"
    env_prefix = PREFIX
    env_names: ClassVar[Mapping[str, tuple[str, ...]]] = NAMES

    auth: ResourceAttribute[Auth] = resource(Auth)
    studies: ResourceAttribute[Studies] = resource(Studies)
    samples: ResourceAttribute[Samples] = resource(Samples)
    runs: ResourceAttribute[Runs] = resource(Runs)
    assemblies: ResourceAttribute[Assemblies] = resource(Assemblies)
    analyses: ResourceAttribute[Analyses] = resource(Analyses)
    publications: ResourceAttribute[Publications] = resource(Publications)
    genomes: ResourceAttribute[Genomes] = resource(Genomes)
    catalogues: ResourceAttribute[Catalogues] = resource(Catalogues)
    biomes: ResourceAttribute[Biomes] = resource(Biomes)
    super_studies: ResourceAttribute[SuperStudies] = resource(SuperStudies)
    searches: ResourceAttribute[Searches] = resource(Searches)
    files: ResourceAttribute[Files] = resource(Files)

    def __init__(
        self,
        *,
        username: str | None = None,
        password: str | Secret | None = None,
        auth_token: str | Secret | None = None,
        interactive: bool = False,
        page_cache: PageCache | str | os.PathLike[str] | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        config = self.config_for(options)
        base_url = _api_url(config.get("base_url", options.get("base_url"), default=type(self).base_url) or "")
        config.note_derived("base_url", base_url)
        options["base_url"] = base_url
        if "auth" not in options:
            options["auth"] = _credential(
                config,
                base_url,
                options.get("clock", SYSTEM_CLOCK),
                username=config.get("username", username),
                password=config.secret("password", password, free_text=True),
                token=config.secret("auth_token", auth_token),
                interactive=interactive,
            )
            if isinstance(config, MGnifyConfig) and options["auth"] is not None:
                options.setdefault("token_store", config.token_store)
        elif username or password or auth_token:
            raise ConfigurationError("auth cannot be combined with username, password or auth_token; pass one of them")
        self._page_cache = _page_cache(config, page_cache)
        super().__init__(**options)

    def build_stack(self) -> Sequence[AnyMiddleware]:
        """Return the middleware stack, with the page cache below logging."""
        logging, *rest = super().build_stack()
        cache = self._page_cache
        return [logging, *rest] if cache is None else [logging, cache.middleware(self.token_source), *rest]

    @property
    def private_studies(self) -> QuerySet[Study]:
        """Return the account's private studies. Fetching them without a login raises `AuthenticationError`.

        Source: MGnify API v2, ``GET /my-data/studies/``.
        """
        return self.studies.private()

    def describe_error(self, data: JsonValue) -> tuple[str | None, str | None]:
        """Return the server's code and message, with advice added to known messages."""
        code, message = read_error(data)
        hint = _HINTS.get((message or "").partition("; ")[0])  # without the reasons that follow it
        return code, message if hint is None else f"{message} ({hint})"


def _page_cache(config: Config, given: PageCache | str | os.PathLike[str] | None) -> PageCache | None:
    if given is None and isinstance(config, MGnifyConfig):
        given = config.cache_dir
    if given is None or isinstance(given, str | os.PathLike):
        given = config.get("page_cache", None if given is None else os.fspath(given))
    if not given:
        return None
    from asdk.clients.mgnify.page_cache import PageCache

    return given if isinstance(given, PageCache) else PageCache(given)


def _api_url(base_url: str) -> str:
    """Add the API's path to a base URL without one, because the vendor's settings contain only the host."""
    scheme, separator, rest = base_url.partition("://")
    host, _, path = rest.partition("/")
    return base_url if path.strip("/") or not separator else f"{scheme}://{host}{API_PATH}"


def _credential(
    config: Config,
    base_url: str,
    clock: Clock,
    *,
    username: str | None,
    password: Secret | None,
    token: Secret | None,
    interactive: bool,
) -> Credential | None:
    """Return the credential; None for anonymous access to public data.

    Raises:
        ConfigurationError: the user name or the password is missing, and the client is not interactive.
    """
    passed = config.is_argument("username") or config.is_argument("password")
    if passed and not config.is_argument("auth_token"):
        token = None  # a token from the environment may belong to another account
    if token is None and interactive and (username is None or password is None):
        return PromptCredential(
            lambda name, secret: SlidingToken(base_url, name, secret, clock=clock),
            username=username,
            username_prompt="MGnify user name (Webin): ",
            password_prompt="MGnify password: ",
            instead="set MGNIFY_USERNAME and MGNIFY_PASSWORD",
        )
    if (username is None) != (password is None) and (token is None or passed):
        missing = "username" if username is None else "password"
        raise ConfigurationError(
            f"{missing} is missing: a login requires username and password; not found in {config.looked_for(missing)}"
        )
    if token is None and (username is None or password is None):
        return None
    return SlidingToken(base_url, username, password, token=token, clock=clock)
