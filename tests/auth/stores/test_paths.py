"""Paths below a home directory that is unknown, as for a random user ID in a container."""

from __future__ import annotations

import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from asdk import ConfigurationError
from asdk.auth import FileTokenStore, KeyringTokenStore
from asdk.clients.bloomy import Bloomy
from asdk.clients.bloomy.configuration import Configuration
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.mgnify import MGnify, MGnifyConfig


@pytest.fixture
def _no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(user: object) -> NoReturn:
        raise KeyError(user)

    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(pwd, "getpwnam", unknown)


@pytest.mark.usefixtures("_no_home")
@pytest.mark.parametrize(
    ("make", "named"),
    [
        (FileTokenStore, "directory="),
        (lambda: FileTokenStore("~/tokens"), "directory"),
        (lambda: FileTokenStore("~ada/tokens"), "directory"),
        (KeyringTokenStore, "HOME or XDG_STATE_HOME"),
        (lambda: MGnify(page_cache="~/pages"), "page_cache"),
        (lambda: MGnifyConfig(cache_dir="~/cache").token_store, "directory"),
        (lambda: Bloomy(config_path="~/config.yaml"), "config_path"),
        (Bloomy, "config_path"),
        (Configuration, "config_path"),
    ],
)
def test_an_unknown_home_is_an_error_that_names_the_setting(make: Callable[[], Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match="home directory is unknown") as caught:
        make()
    assert named in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.usefixtures("_no_home")
def test_full_paths_and_keys_need_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert FileTokenStore(tmp_path / "tokens").directory == tmp_path / "tokens"
    MGnify(page_cache=tmp_path / "pages")
    Bloomy("a-key-of-mine")
    EdgeQuake(api_key="a-key-of-mine")
    assert Configuration(config_path=tmp_path / "config.yaml").has_api_key() is False
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert FileTokenStore().directory == tmp_path / "asdk" / "tokens"
