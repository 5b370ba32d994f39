"""`MGnifyConfig`: the settings of an account in one piece, as the vendor's package has them. Given to `MGnify`.

The names under which settings are looked for stand here too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asdk import auth
from asdk.config import Config, Setting
from asdk.errors import ConfigurationError
from asdk.secret import Secret

PREFIX = "MGNIFY"
#: The names that the vendor documents, beside those with the prefix; to its package their case is all one.
NAMES: Mapping[str, tuple[str, ...]] = {
    "base_url": ("BASE_URL", "base_url"),
    "username": ("MG_USER", "mg_user"),
    "password": ("MG_PASSWORD", "mg_password"),
    "auth_token": ("AUTH_TOKEN", "auth_token"),
}


class MGnifyConfig(Config):
    """Settings to pass around: ``MGnify(config=MGnifyConfig(mg_user="Webin-12345", mg_password="..."))``.

    What is left out or None is looked for in the environment and in ``./.env``, as by `MGnify` itself. Arguments of a
    client win over those given here.

    Args:
        mg_user: the Webin id of an account.
        mg_password: of that account.
        auth_token: a ready-made token.
        base_url: of the server, without the API's path.
        cache_dir: keep token and pages there, as `FileTokenStore` and `PageCache` do. None: nothing is kept.
        environ: instead of the environment of the process.
        dotenv: a settings file in dotenv format; None for none.
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
        dotenv: str | os.PathLike[str] | None = ".env",
    ) -> None:
        super().__init__(PREFIX, names=NAMES, environ=environ, dotenv=dotenv)
        self.cache_dir = None if cache_dir is None else Path(cache_dir)
        self._secrets = {
            name: Secret(value)
            for name, value in (("password", mg_password), ("auth_token", auth_token))
            if value is not None
        }
        self._plain = {"username": mg_user, "base_url": base_url}

    @property
    def token_store(self) -> auth.TokenStore | None:
        """Where the token is kept.

        Raises:
            ConfigurationError: filelock or platformdirs is missing: ``pip install 'asdk[tokens]'``.
        """
        return None if self.cache_dir is None else auth.FileTokenStore(self.cache_dir / "tokens")

    def _find(self, name: str, argument: str | Secret | None, default: str | None, *, secret: bool = False) -> Setting:
        if argument is None:
            argument = self._secrets.get(name) or self._plain.get(name)
        return super()._find(name, argument, default, secret=secret)

    def __reduce__(self) -> tuple[object, ...]:
        """As its settings, without secrets.

        Raises:
            ConfigurationError: a secret was given in code, or the environment is a mapping of the caller's.
        """
        if self._secrets:
            raise ConfigurationError(
                f"an MGnifyConfig that was given {' and '.join(self._secrets)} in code does not pickle: set "
                "MGNIFY_PASSWORD or MGNIFY_AUTH_TOKEN for both processes"
            )
        super().__reduce__()  # refuses such an environment
        kept = {
            "mg_user": self._plain["username"],
            "base_url": self._plain["base_url"],
            "cache_dir": self.cache_dir,
            "dotenv": self._dotenv.absolute() if self._dotenv is not None and not self._is_default else self._dotenv,
        }
        return _rebuild, (type(self), kept)


def _rebuild(kind: type[MGnifyConfig], kept: dict[str, Any]) -> MGnifyConfig:
    return kind(**kept)
