"""`Configuration`: finds the API key, gets one with a password, and stores it for the next run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from typing_extensions import Unpack

from asdk import ClientOptions, Config, ConfigurationError, Secret
from asdk.client import secret_argument
from asdk.clients.bloomy import config_file
from asdk.clients.bloomy.client import Bloomy
from asdk.clients.bloomy.credentials import login_of
from asdk.concurrency import run_in_thread


class Configuration:
    """The API key of one account: the argument, otherwise ``BG_API_KEY``, otherwise the key in the file.

    Args:
        api_key: the key, if it is known.
        config_path: the path of the file, by default ``~/.bloomy/config.yaml``; also ``BLOOMY_CONFIG_PATH``.
        environ: a mapping to use instead of the environment of the process.
        options: options of the client that requests a key, such as ``base_url``; see `ClientOptions`.
    """

    def __init__(
        self,
        api_key: str | Secret | None = None,
        *,
        config_path: str | os.PathLike[str] | None = None,
        environ: Mapping[str, str] | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        self._config = Config(Bloomy.env_prefix, names=Bloomy.env_names, environ=environ)
        named = None if config_path is None else os.fspath(config_path)
        named = self._config.get("config_path", named, implicit=False)
        self._path = config_file.path_of(named)
        self._options = options
        self._api_key = self._config.secret("api_key", api_key)

    @property
    def config_path(self) -> Path:
        """Return the path of the file, whether or not it exists."""
        return self._path

    @property
    def api_key(self) -> Secret | None:
        """Return the key that a client would use now, or None.

        Raises:
            ConfigurationError: the key has to be read from the file, and the file is invalid.
        """
        return self._api_key or config_file.read_key(self._path)

    def has_api_key(self) -> bool:
        """Return whether the file contains a key.

        Raises:
            ConfigurationError: the file is invalid.
        """
        return config_file.read_key(self._path) is not None

    async def configure_api_key(
        self, username: str | None = None, password: str | Secret | None = None, store_key: bool = False
    ) -> None:
        """Get a new API key, which is valid for two weeks, and use it as ``api_key``.

        Args:
            username: the e-mail address of the account; also ``BLOOMY_USERNAME``.
            password: the password of the account; also ``BLOOMY_PASSWORD``.
            store_key: store the key in the file, which only its owner can read; other settings in it are kept. Clients
                that read their key from the file use the new one when the server rejects the old one.

        Raises:
            WrongPasswordError: the user name or the password is wrong.
            AccountLockedError: the account is locked after too many wrong passwords.
            TokenUnavailableError: the server could not be reached, or asked the client to wait.
            ConfigurationError: the user name or password is missing, or the file is invalid or cannot be written.

        Source: Bloom Growth API, ``POST /Token``.
        """
        password = secret_argument(password)
        config = self._options.get("config", self._config)
        base_url = config.get("base_url", self._options.get("base_url"), default=Bloomy.base_url) or ""
        name, secret = config.get("username", username), config.secret("password", password, free_text=True)
        login = login_of(config, base_url, name, secret)
        if login is None:
            raise ConfigurationError(f"no user name and password in {config.looked_for('username', 'password')}")
        options: ClientOptions = {**self._options, "auth": login, "base_url": base_url}
        async with Bloomy(**options) as client:
            key = (await client.get_token()).value
        if store_key:
            await run_in_thread(partial(config_file.write_key, self._path, key))  # blocking disk access
        self._api_key = key

    def __repr__(self) -> str:
        return f"Configuration(config_path={str(self._path)!r})"
