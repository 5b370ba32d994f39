"""Dotenv files: quotes, variables, pipes and hostile content."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk.config import Config
from asdk.dotenv_file import read_dotenv
from asdk.errors import ConfigurationError

VARIABLES = {"HOME": "/home/ada", "CANARY": "secret"}


def read(text: str, variables: dict[str, str] | None = None) -> dict[str, str]:
    Path("here.env").write_text(text)
    return read_dotenv(Path("here.env"), must_exist=True, variables=variables)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A='pa${CANARY}ss'", "pa${CANARY}ss"),
        ("export A = 'pa${CANARY}ss'  # comment", "pa${CANARY}ss"),
        ("A='${CANARY:-x}'", "${CANARY:-x}"),
        ("A='$CANARY \"b\" #c'", '$CANARY "b" #c'),
        ("'A'='${CANARY}'", "${CANARY}"),
        ("A='it\\'s ${HOME}'", "it's ${HOME}"),
        ("A=pa${CANARY}ss", "pasecretss"),
        ('A="pa${CANARY}ss"', "pasecretss"),
        ("A=${MISSING:-x}${MISSING}", "x"),
        ("B=1\nCANARY=mine\nA=${CANARY}${B}", "mine1"),
        ("A=$CANARY", "$CANARY"),
    ],
)
def test_values_in_single_quotes_are_not_interpolated(text: str, value: str) -> None:
    assert read(text, VARIABLES)["A"] == value


@settings(deadline=None)
@given(value=st.text(st.characters(exclude_characters="'\\", exclude_categories=["C", "Z"])))
def test_any_text_in_single_quotes_stays_as_it_is(value: str) -> None:
    assert read(f"A='{value}'", VARIABLES) == {"A": value}


@pytest.mark.parametrize("text", ["A=${CANARY}", 'A="${CANARY}"', "A=x/${CANARY:-y}", "A='${CANARY}'", "A=${A}${HOME}"])
def test_without_variables_nothing_is_interpolated(text: str) -> None:
    assert read(text)["A"] == text[2:].strip("\"'")


@pytest.mark.parametrize("pauses", [0, 0.05], ids=["at once", "in parts"])
@pytest.mark.parametrize("dotenv", [None, "pipe"], ids=["implicit", "named"])
def test_a_named_pipe_is_read_to_its_end(dotenv: str | None, pauses: float) -> None:
    path = Path(dotenv or ".env").absolute()
    os.mkfifo(path)

    def write() -> None:
        with path.open("wb", buffering=0) as pipe:
            for line in (b"A_KEY=se", b"cret\nA_", b"NAME=ada\n"):
                pipe.write(line)
                time.sleep(pauses)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    config = Config("A", environ={}) if dotenv is None else Config("A", environ={}, dotenv=path)
    assert (config.get("key"), config.get("name")) == ("secret", "ada")
    writer.join()


def test_a_pipe_without_a_writer_does_not_block_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asdk.dotenv_file._SILENCE", 0.01)
    os.mkfifo(".env")
    with pytest.raises(ConfigurationError, match="no program wrote to the pipe"):
        Config("A", environ={}).get("key")


def test_a_directory_named_env_is_no_file() -> None:
    Path(".env").mkdir()  # such as a virtual environment
    assert Config("A", environ={}).get("key") is None


@pytest.mark.parametrize("link", ["/dev/zero", "/dev/null", "missing"])
def test_a_link_to_a_device_or_to_nothing_ends(link: str) -> None:
    Path(".env").symlink_to(link)
    if link == "/dev/zero":
        with pytest.raises(ConfigurationError, match="at most"):
            Config("A", environ={}).get("key")
    else:
        assert Config("A", environ={}).get("key") is None


@pytest.mark.parametrize(
    "content", [b"A_KEY=s3cr3t\xff", b"A_KEY=s3cr3t" + b" " * 60_000 + b"x", b"A_KEY=s3cr3t" * 10**5]
)
def test_a_file_that_cannot_be_read_is_an_error_without_its_content(content: bytes) -> None:
    Path(".env").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"^cannot read the settings file \.env: ") as caught:
        Config("A", environ={}).get("key")
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("text", ["A=" + "${" * 30_000, "A=" + "${a:-" * 12_000, "A=" + (" " * 199 + "b") * 300])
def test_the_worst_64_kib_take_little_time(text: str) -> None:
    start = time.process_time()
    read(text, VARIABLES)
    assert time.process_time() - start < 1
