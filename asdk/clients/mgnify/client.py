"""`MGnify`: the client of MGnify's API, its settings and its choice of credential."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import Unpack

from asdk.auth import Credential, PromptCredential
from asdk.client.base import BaseClient
from asdk.client.options import ClientOptions
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
from asdk.clock import SYSTEM_CLOCK, Clock
from asdk.config import Config
from asdk.errors import ConfigurationError
from asdk.http.status_errors import read_error
from asdk.middleware.chain import AnyMiddleware
from asdk.resources import resource
from asdk.secret import Secret

if TYPE_CHECKING:
    from asdk.clients.mgnify.page_cache import PageCache

API_PATH = "/metagenomics/api/v2"

# What the server's words mean for who reads them.
_HINTS = {
    "Unauthorized": "private data needs a Webin account: pass username= and password=, set MGNIFY_USERNAME and "
    "MGNIFY_PASSWORD, or let interactive=True ask",
    "Given token not valid for any token type": "the token has expired or is not one of this server's: pass username= "
    "and password=, so that a new one can be had; without any token the public data is open",
    "Invalid credentials": LOGIN_HINTS,
    "Token is invalid or expired": "only a token that still lives can be refreshed: log in again",
    "Not found.": "there is no such record, or it is private and another account's",
}


class MGnify(BaseClient):
    """A client of MGnify: studies, samples, runs, assemblies, analyses, genomes, publications, biomes.

    Public data needs no account. With one, private data comes too: the client logs in when it first has to, and keeps
    the token fresh.

    Settings that are not passed are looked for as ``MGNIFY_...`` in the environment and in ``./.env``, then by the
    names that the vendor documents: base URL (``MGNIFY_BASE_URL``, ``BASE_URL``), user name (``MGNIFY_USERNAME``,
    ``MG_USER``), password (``MGNIFY_PASSWORD``, ``MG_PASSWORD``), token (``MGNIFY_AUTH_TOKEN``, ``AUTH_TOKEN``).

    Args:
        username: the Webin id of an account, such as ``"Webin-12345"``.
        password: of that account.
        auth_token: a ready-made token. Alone it ends within a day; beside a login it saves the first one.
        interactive: where user name or password is missing, ask for it in the terminal or notebook, at the first call
            that private data could come with. Where nobody can be asked, such a call fails.
        page_cache: keep pages on the disk and do not fetch them again for a day: a directory, or a `PageCache` with a
            lifetime of its own; also ``MGNIFY_PAGE_CACHE``. Left out, nothing is kept.
        options: what every client takes, see `ClientOptions`. A ``base_url`` without a path gets the API's own.

    Source: MGnify API v2.
    """

    base_url = f"https://www.ebi.ac.uk{API_PATH}"
    env_prefix = PREFIX
    env_names: ClassVar[Mapping[str, tuple[str, ...]]] = NAMES

    auth = resource(Auth)
    studies = resource(Studies)
    samples = resource(Samples)
    runs = resource(Runs)
    assemblies = resource(Assemblies)
    analyses = resource(Analyses)
    publications = resource(Publications)
    genomes = resource(Genomes)
    catalogues = resource(Catalogues)
    biomes = resource(Biomes)
    super_studies = resource(SuperStudies)
    searches = resource(Searches)
    files = resource(Files)

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
            raise ConfigurationError("give auth=, or username= and password=, or auth_token=, not both")
        self._page_cache = _page_cache(config, page_cache)
        super().__init__(**options)

    def build_stack(self) -> Sequence[AnyMiddleware]:
        logging, *rest = super().build_stack()
        cache = self._page_cache
        return [logging, *rest] if cache is None else [logging, cache.middleware(self.token_source), *rest]

    @property
    def private_studies(self) -> QuerySet[Study]:
        """The private studies of the account. Fetching them raises AuthenticationError for a client without one.

        Source: MGnify API v2, ``GET /my-data/studies/``.
        """
        return self.studies.private()

    @property
    def clock(self) -> Clock:
        """Every time and wait goes through it."""
        return self._clock

    def describe_error(self, data: Any) -> tuple[str | None, str | None]:
        """The server's code and message, and what to do where its words do not say."""
        code, message = read_error(data)
        hint = _HINTS.get(message or "")
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
    """A base URL with the API's path, if it has none: the vendor's settings name the host alone."""
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
    """The credential, or None for a client of public data.

    Raises:
        ConfigurationError: half a login, and nobody to ask for the rest.
    """
    passed = config.is_argument("username") or config.is_argument("password")
    if passed and not config.is_argument("auth_token"):
        token = None  # one that the environment has is perhaps another account's
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
            f"a login needs username and password; no {missing}: looked for {config.looked_for(missing)}"
        )
    if token is None and (username is None or password is None):
        return None
    return SlidingToken(base_url, username, password, token=token, clock=clock)
