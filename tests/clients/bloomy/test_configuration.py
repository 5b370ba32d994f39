"""Tests of the sources of the key, and of the file that stores it."""

from __future__ import annotations

import os
import pickle
import stat
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from asdk import ConfigurationError, Secret, TokenRefusedError
from asdk.clients.bloomy import Bloomy, Configuration, WrongPasswordError, config_file
from asdk.sandbox.bloomy import BloomyServer
from asdk.testing import MemoryTransport, Reply

if TYPE_CHECKING:
    from tests.clients.bloomy.conftest import MakeClient


async def bearer(**settings: Any) -> str:
    """Return the key that a client with these settings sends."""
    transport = MemoryTransport([Reply(json={"Id": 1, "Name": "x"})])
    await Bloomy(transport=transport, **settings).get_user_id()
    return transport.sent[0].headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def file(home: Path) -> Path:
    path = home / ".bloomy" / "config.yaml"
    path.parent.mkdir()
    path.write_text("version: 1\napi_key: from-file\n")
    return path


async def test_argument_before_environment_before_file(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    assert await bearer() == "from-file"
    monkeypatch.setenv("BG_API_KEY", "from-environment")
    assert await bearer() == "from-environment"
    assert await bearer(api_key="from-code") == "from-code"
    monkeypatch.setenv("BG_API_KEY", "")
    assert await bearer() == "from-file"
    assert "api_key = ******** (file" in Bloomy().config.explain()


async def test_env_files_are_read_too(home: Path) -> None:
    (home / ".env").write_text("BG_API_KEY=from-dotenv\n")
    assert await bearer() == "from-dotenv"


async def test_a_missing_key_is_an_error_that_names_every_place(home: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Bloomy()
    text = str(caught.value)
    assert text.startswith("No API key: not found in BLOOMY_API_KEY, BG_API_KEY in the environment and in .env")
    assert str(home / ".bloomy" / "config.yaml") in text
    assert "configure_api_key" in text


@pytest.mark.parametrize("key", ["", " ", "key\n", "two words", "kéy"])
async def test_an_invalid_key_is_rejected_in_every_place(key: str, monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    with pytest.raises(ConfigurationError):
        Bloomy(api_key=key)
    if key:
        monkeypatch.setenv("BG_API_KEY", key)
        with pytest.raises(ConfigurationError):
            Bloomy()


async def test_half_a_login_in_the_environment_does_not_hide_the_file(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    monkeypatch.setenv("BLOOMY_USERNAME", "ada")
    assert await bearer() == "from-file"


async def test_the_error_names_half_a_login_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLOOMY_USERNAME", "ada")
    with pytest.raises(ConfigurationError, match=r"password is missing: .* BLOOMY_PASSWORD"):
        Bloomy()


async def test_half_a_login_and_two_ways_at_once_are_refused(file: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"password is missing: .* BLOOMY_PASSWORD"):
        Bloomy(username="ada")
    with pytest.raises(ConfigurationError, match="auth cannot be combined"):
        Bloomy(api_key="key", auth=None)


async def test_another_file_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text("api_key: other\n")
    assert await bearer(config_path=path) == "other"
    assert Configuration(config_path=path).api_key == Secret("other")


async def test_the_environment_names_another_file(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    path = home / "other.yaml"
    path.write_text("api_key: other\n")
    assert Configuration(config_path="~/other.yaml").config_path == path
    assert await bearer(config_path="~/other.yaml") == "other"
    monkeypatch.setenv("BLOOMY_CONFIG_PATH", str(path))
    assert Configuration().config_path == path
    assert Configuration().has_api_key()
    assert await bearer() == "other"


async def test_a_key_needs_no_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check a container whose user id has no account."""

    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert await bearer(api_key="from-code") == "from-code"
    with pytest.raises(ConfigurationError, match="home directory is unknown; set HOME, or pass config_path="):
        Bloomy()
    with pytest.raises(ConfigurationError, match="home directory is unknown"):
        Configuration()


async def test_a_client_travels_to_another_process_without_its_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: BloomyServer
) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(f"api_key: {server.credentials.ben.api_key}\n")
    pickled = pickle.dumps(Bloomy(base_url=server.api_url, config_path=str(path)).with_options(timeout=9))
    assert server.credentials.ben.api_key.encode() not in pickled
    async with pickle.loads(pickled) as client:
        assert await client.get_user_id() == server.credentials.ben.user_id
    with pytest.raises(ConfigurationError):
        pickle.dumps(Bloomy(api_key="key"))


async def test_sources_can_be_named(home: Path) -> None:
    assert (
        Bloomy.from_env(environ={"BG_API_KEY": "key"}, dotenv=None).config.origin("api_key") == "environment BG_API_KEY"
    )
    with pytest.raises(ConfigurationError, match="No API key"):
        Bloomy.from_env(environ={}, dotenv=None)


# --- invalid files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("api_key: [secret-key\n", "is not valid YAML in line"),
        ("- secret-key\n", "does not contain a mapping"),
        ("secret-key", "does not contain a mapping"),
        ("api_key: 17\n", "api_key in .* must be text, got .*int"),
        ("api_key: [secret-key]\n", "api_key in .* must be text, got .*list"),
        ("api_key: 'secret-key '\n", "whitespace|blank"),
        ("a: &a [*a, secret-key", "is not valid YAML"),
        ("!!python/object/apply:os.system ['true']", "is not valid YAML"),
    ],
)
def test_errors_about_the_file_do_not_show_its_content(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=said) as caught:
        Bloomy()
    trace = "".join(traceback.format_exception(caught.value))
    assert "secret-key" not in trace
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("text", ["", "# nothing\n", "version: 1\n", "api_key:\n", "api_key: ''\n"])
def test_a_file_without_a_key_has_none(file: Path, text: str) -> None:
    file.write_text(text)
    assert not Configuration().has_api_key()
    assert Configuration().api_key is None


def test_an_unreadable_file_is_an_error(file: Path) -> None:
    file.unlink()
    file.mkdir()
    with pytest.raises(ConfigurationError, match=r"cannot read .*: IsADirectoryError"):
        Bloomy()


def test_a_missing_pyyaml_names_the_extra(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asdk.extras.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'asdk\[yaml\]'"):
        Bloomy()
    assert Bloomy(api_key="key"), "who needs no file needs no library"


# --- writing the file -------------------------------------------------------------------------------------------------


async def test_a_password_buys_a_key_and_the_file_keeps_it(
    server: BloomyServer, home: Path, make_client: MakeClient
) -> None:
    known = server.credentials.ada
    config = Configuration(base_url=server.api_url)
    assert config.config_path == home / ".bloomy" / "config.yaml"
    assert not config.config_path.exists()
    assert not config.has_api_key()
    await config.configure_api_key(username=known.username, password=known.password, store_key=True)
    assert config.has_api_key()
    assert config.api_key is not None
    assert config.config_path.read_text() == f"api_key: {config.api_key.reveal()}\nversion: 1\n"
    assert (await make_client().user.details()).name == "Ada Lovelace"
    assert config.api_key.reveal() not in repr(config) + str(config.api_key)


async def test_without_store_key_nothing_is_written(server: BloomyServer, home: Path) -> None:
    known = server.credentials.ada
    config = Configuration(base_url=server.api_url)
    await config.configure_api_key(known.username, Secret(known.password))
    assert config.api_key is not None
    assert not (home / ".bloomy").exists()


async def test_a_wrong_password_changes_nothing(server: BloomyServer, file: Path) -> None:
    config = Configuration(base_url=server.api_url)
    with pytest.raises(WrongPasswordError):
        await config.configure_api_key("ada@sandbox.test", "wrong", store_key=True)
    assert config.api_key == Secret("from-file")


def test_the_file_is_for_its_owner_alone(home: Path) -> None:
    path = home / "a" / ".bloomy" / "config.yaml"
    config_file.write_key(path, Secret("key"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    config_file.write_key(path, Secret("key2"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path], "nothing is left beside it"


def test_other_keys_of_the_file_stay(file: Path) -> None:
    file.write_text("version: 2\napi_key: old\nproxy: {host: é}\n", encoding="utf-8")
    config_file.write_key(file, Secret("new"))
    assert config_file.read_key(file) == Secret("new")
    assert "version: 2" in file.read_text(encoding="utf-8")
    assert "host: é" in file.read_text(encoding="utf-8")


def test_a_broken_file_is_not_overwritten(file: Path) -> None:
    file.write_text("api_key: [")
    with pytest.raises(ConfigurationError):
        config_file.write_key(file, Secret("new"))
    assert file.read_text() == "api_key: ["


def test_a_failed_write_leaves_the_file_as_it_was(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ConfigurationError, match="No space left on device"):
        config_file.write_key(file, Secret("secret-key"))
    assert file.read_text() == "version: 1\napi_key: from-file\n"
    assert list(file.parent.iterdir()) == [file]


def test_a_link_stays_a_link(file: Path, home: Path) -> None:
    target = home / "dotfiles.yaml"
    target.write_text(file.read_text())
    file.unlink()
    file.symlink_to(target)
    config_file.write_key(file, Secret("new"))
    assert file.is_symlink()
    assert config_file.read_key(target) == Secret("new")


def test_a_reader_never_sees_half_a_file(file: Path) -> None:
    seen: set[str] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            key = config_file.read_key(file)
            assert key is not None
            seen.add(key.reveal()[:1])

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(20):
        config_file.write_key(file, Secret("ab"[number % 2] * 3000))
    done.set()
    reader.join()
    assert seen <= {"a", "b", "f"}


async def test_the_guide_s_debugging_lines(file: Path) -> None:
    config = Configuration()
    assert config.config_path.exists()
    assert config.has_api_key()
    transport = MemoryTransport([Reply(400, json={"error": "unsupported_grant_type"})])
    with pytest.raises(TokenRefusedError):
        await Configuration(transport=transport).configure_api_key("ada", "x")
