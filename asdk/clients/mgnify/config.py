"""`MGnifyConfig`: the settings of an account in one object, as in the vendor's package. Passed to `MGnify`.

This module also contains the names of the settings.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asdk import UNSET, Config, ConfigurationError, Secret, auth
from asdk.client import Setting, Unset

PREFIX = "MGNIFY"
#: The names that the vendor documents, in addition to the prefixed names. Its package ignores their case.
NAMES: Mapping[str, tuple[str, ...]] = {
    "base_url": ("BASE_URL", "base_url"),
    "username": ("MG_USER", "mg_user"),
    "password": ("MG_PASSWORD", "mg_password"),
    "auth_token": ("AUTH_TOKEN", "auth_token"),
}


class MGnifyConfig(Config):
    """Settings to pass around: ``MGnify(config=MGnifyConfig(mg_user="Webin-12345", mg_password="..."))``.

    Settings that are omitted or None are read from the environment and ``./.env``, as in `MGnify`. Arguments of the
    client take precedence over these settings.

    Args:
        mg_user: the Webin id of an account.
        mg_password: the password of the account.
        auth_token: an existing token.
        base_url: the base URL of the server, without the API's path.
        cache_dir: a directory for the token and for pages, see `FileTokenStore` and `PageCache`. By default nothing is
            stored.
        environ: a mapping to use instead of the environment of the process.
        dotenv: a settings file in dotenv format; None to use no file.
    """

    def __init__(
        self,
        *,
        mg_user: str | None = None,
        mg_password: str | Secret | None = None,
        auth_token: str | Secret | None = None,
        base_url: str | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        environ: Mapping[str, str] | None = None,
        dotenv: str | os.PathLike[str] | Unset | None = UNSET,
    ) -> None:
        super().__init__(PREFIX, names=NAMES, environ=environ, dotenv=dotenv)
        self.cache_dir: Path | None = None if cache_dir is None else Path(cache_dir)
        self._secrets = {
            name: Secret(value)
            for name, value in (("password", mg_password), ("auth_token", auth_token))
            if value is not None
        }
        self._plain = {"username": mg_user, "base_url": base_url}

    @property
    def token_store(self) -> auth.TokenStore | None:
        """Return the token store in ``cache_dir``; None without one.

        Raises:
            ConfigurationError: filelock or platformdirs is not installed: ``pip install 'asdk[tokens]'``.
        """
        return None if self.cache_dir is None else auth.FileTokenStore(self.cache_dir / "tokens")

    def _find(self, name: str, argument: str | Secret | None, default: str | None, **options: bool) -> Setting:
        if argument is None:
            argument = self._secrets.get(name) or self._plain.get(name)
        return super()._find(name, argument, default, **options)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the settings, without secrets.

        Raises:
            ConfigurationError: a secret was passed in code, or ``environ`` is a mapping of the caller.
        """
        if self._secrets:
            raise ConfigurationError(
                f"cannot pickle an MGnifyConfig with {' and '.join(self._secrets)} passed in code: set "
                "MGNIFY_PASSWORD or MGNIFY_AUTH_TOKEN in both processes"
            )
        super().__reduce__()  # raises if the environment is a mapping of the caller
        kept = {
            "mg_user": self._plain["username"],
            "base_url": self._plain["base_url"],
            "cache_dir": self.cache_dir,
            "dotenv": UNSET if self._is_implicit else self._dotenv and self._dotenv.absolute(),
        }
        return _rebuild, (type(self), kept)


def _rebuild(kind: type[MGnifyConfig], kept: dict[str, Any]) -> MGnifyConfig:
    return kind(**kept)
