"""Run the commands as a person types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from asdk.sandbox import Sandbox
from tests.support.redis_server import RedisServer, running_redis

PASSWORD = "sandbox-admin"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Sandbox.in_thread() as sandbox:
        yield sandbox.edgequake.url


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, url: str) -> list[str]:
    lines = (f"EDGEQUAKE_BASE_URL={url}", "EDGEQUAKE_USERNAME=admin", f"EDGEQUAKE_PASSWORD={PASSWORD}")
    (tmp_path / "settings").write_text("\n".join(lines))
    return ["--env-file", str(tmp_path / "settings"), "--store", str(tmp_path / "tokens")]


def asdk(
    *arguments: str, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    command = [sys.executable, "-W", "error", "-m", "asdk", *arguments]
    variables = {**os.environ, **(environment or {})}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=variables, cwd=folder)
    return done.returncode, done.stdout, done.stderr


def test_a_token_is_refreshed_shown_and_forgotten(settings: list[str], tmp_path: Path) -> None:
    code, said, complaint = asdk("token", "edgequake", *settings)
    assert (code, complaint) == (1, "")
    assert "none stored" in said

    code, said, complaint = asdk("token", "edgequake", "refresh", *settings)
    assert (code, complaint) == (0, "")
    first = next((tmp_path / "tokens").glob("*.json")).read_text()
    code, said, _ = asdk("token", "edgequake", "refresh", *settings)
    assert code == 0
    assert next((tmp_path / "tokens").glob("*.json")).read_text() != first

    code, shown, complaint = asdk("token", "edgequake", *settings)
    assert (code, complaint) == (0, "")
    assert "account:       admin" in shown
    assert "/api/v1/auth/login" in shown
    assert "expires:       2" in shown
    for text in (said, shown):
        assert "eyJ" not in text
        assert PASSWORD not in text

    code, said, complaint = asdk("token", "edgequake", "forget", *settings)
    assert (code, complaint) == (0, "")
    assert "none stored" in said
    assert list((tmp_path / "tokens").glob("*.json")) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["token", "unknown"], "unknown client 'unknown'"),
        (["token", "asdk.errors:AsdkError"], "unknown client"),
        (["token", "edgequake", "--env-file", "missing.env"], "missing.env"),
        (["token", "edgequake"], "no login"),
        (["token", ":EdgeQuake"], "unknown client"),
        (["token", ".edgequake:EdgeQuake"], "unknown client"),
    ],
)
def test_an_invalid_command_prints_one_line(arguments: list[str], words: str) -> None:
    code, said, complaint = asdk(*arguments)
    assert (code, said) == (2, "")
    assert words in complaint
    assert len(complaint.splitlines()) == 1


@pytest.mark.parametrize("action", ["show", "forget"])
def test_an_unreachable_redis_prints_one_line(settings: list[str], action: str) -> None:
    pytest.importorskip("redis")
    code, said, complaint = asdk("token", "edgequake", action, *settings[:2], "--store", "redis://:secret@127.0.0.1:1")
    assert (code, said) == (2, "")
    assert "cannot use the token store: ConnectionError" in complaint
    assert len(complaint.splitlines()) == 1
    assert "secret" not in complaint


def test_the_environment_names_the_store(settings: list[str], tmp_path: Path) -> None:
    folder = str(tmp_path / "from environment")
    code, _, complaint = asdk("token", "edgequake", "refresh", *settings[:2], environment={"ASDK_TOKEN_STORE": folder})
    assert (code, complaint) == (0, "")
    assert list(Path(folder).glob("*.json"))
    assert asdk("token", "edgequake", *settings[:2], environment={"ASDK_TOKEN_STORE": folder})[0] == 0
    assert asdk("token", "edgequake", *settings, environment={"ASDK_TOKEN_STORE": folder})[0] == 1, (
        "--store takes precedence"
    )


def test_the_environment_names_a_redis_and_its_key(settings: list[str], redis_server: RedisServer) -> None:
    variables = {"ASDK_TOKEN_STORE": redis_server.url, "ASDK_TOKEN_STORE_KEY": "k" * 32}
    code, _, complaint = asdk("token", "edgequake", "refresh", *settings[:2], environment=variables)
    assert (code, complaint) == (0, "")
    [name] = redis_server.cli("KEYS", "*").split()
    assert redis_server.cli("GET", name).startswith("asdk2:"), "encrypted"
    assert asdk("token", "edgequake", *settings[:2], environment=variables)[0] == 0
    code, _, complaint = asdk(
        "token", "edgequake", *settings[:2], environment={**variables, "ASDK_TOKEN_STORE_KEY": "short"}
    )
    assert (code, len(complaint.splitlines())) == (2, 1)
    assert "encryption_key" in complaint


def test_an_unreachable_redis_of_the_environment_shows_no_password(settings: list[str]) -> None:
    code, said, complaint = asdk(
        "token", "edgequake", *settings[:2], environment={"ASDK_TOKEN_STORE": "redis://:secret@127.0.0.1:1"}
    )
    assert (code, said) == (2, "")
    assert "secret" not in complaint


def test_a_dotenv_file_names_no_store(settings: list[str], tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    file = tmp_path / "settings"
    (tmp_path / ".env").write_text(f"{file.read_text()}\nASDK_TOKEN_STORE={planted}\n")
    home = {
        "HOME": str(tmp_path / "home"),
        "XDG_DATA_HOME": str(tmp_path / "home"),
        "XDG_STATE_HOME": str(tmp_path / "home"),
    }
    asdk("token", "edgequake", "refresh", folder=tmp_path, environment=home)
    assert not planted.exists()


def test_a_record_with_an_impossible_time_is_shown(settings: list[str], tmp_path: Path) -> None:
    asdk("token", "edgequake", "refresh", *settings)
    file = next((tmp_path / "tokens").glob("*.json"))
    entry = json.loads(file.read_text())
    entry["token"]["issued_at"] = -250_000_000_000
    file.write_text(json.dumps(entry))
    code, said, complaint = asdk("token", "edgequake", *settings)
    assert (code, complaint) == (0, "")
    assert "issued:        -250000000000 s after 1970" in said


def test_a_wrong_password_prints_one_line(settings: list[str], tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text(file.read_text().replace(PASSWORD, "wrong-password"))
    for words in ("refused", "refused"):
        code, _, complaint = asdk("token", "edgequake", "refresh", *settings)
        assert code == 2
        assert words in complaint
        assert "wrong-password" not in complaint
    code, said, _ = asdk("token", "edgequake", *settings)
    assert code == 1
    assert "next attempt after" in said
