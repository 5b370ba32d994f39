"""`Configuration`: where the key is, how to get one with a password, and how to keep it for the next run."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from typing_extensions import Unpack

from asdk.client.options import ClientOptions
from asdk.clients.bloomy import config_file
from asdk.clients.bloomy.client import Bloomy
from asdk.clients.bloomy.credentials import login_of
from asdk.config import Config, secret_argument
from asdk.errors import ConfigurationError
from asdk.secret import Secret


class Configuration:
    """The key of one account: the argument, else ``BG_API_KEY``, else that of the file.

    Args:
        api_key: the key, if it is known.
        config_path: of another file than ``~/.bloomy/config.yaml``; also ``BLOOMY_CONFIG_PATH``.
        environ: instead of the environment of the process.
        options: for the client that asks for a key, such as ``base_url``; see `ClientOptions`.
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
        named = self._config.get("config_path", None if config_path is None else os.fspath(config_path))
        self._path = config_file.path_of(named)
        self._options = options
        self._api_key = self._config.secret("api_key", api_key)

    @property
    def config_path(self) -> Path:
        """The file, whether it is there or not."""
        return self._path

    @property
    def api_key(self) -> Secret | None:
        """The key that a client would use now; None if there is none.

        Raises:
            ConfigurationError: it would be read from the file, and that cannot be understood.
        """
        return self._api_key or config_file.read_key(self._path)

    def has_api_key(self) -> bool:
        """Whether the file holds a key.

        Raises:
            ConfigurationError: the file is there and cannot be understood.
        """
        return config_file.read_key(self._path) is not None

    async def configure_api_key(
        self, username: str | None = None, password: str | Secret | None = None, store_key: bool = False
    ) -> None:
        """Get a new key, the first one or the next, which lives two weeks. ``api_key`` is that one then.

        Args:
            username: the e-mail address of the account; also ``BLOOMY_USERNAME``.
            password: its password; also ``BLOOMY_PASSWORD``.
            store_key: keep the key in the file, which only its owner can read; other keys in it stay. Clients that
                found their key there take the new one when the server refuses the old one.

        Raises:
            WrongPasswordError: there is no such account with this password.
            AccountLockedError: too many wrong passwords before.
            TokenUnavailableError: the server could not be asked, or asked to wait.
            ConfigurationError: there is no user name or no password, or the file cannot be understood or written.

        Source: Bloom Growth API, ``POST /Token``.
        """
        password = secret_argument(password)
        config = self._options.get("config", self._config)
        base_url = config.get("base_url", self._options.get("base_url"), default=Bloomy.base_url) or ""
        name, secret = config.get("username", username), config.secret("password", password, free_text=True)
        login = login_of(config, base_url, name, secret)
        if login is None:
            raise ConfigurationError(f"no login: looked for {config.looked_for('username', 'password')}")
        options: ClientOptions = {**self._options, "auth": login}
        async with Bloomy(**options) as client:
            key = (await client.get_token()).value
        if store_key:
            await asyncio.to_thread(config_file.write_key, self._path, key)  # it waits for the disk
        self._api_key = key

    def __repr__(self) -> str:
        return f"Configuration(config_path={str(self._path)!r})"
