"""Tests of the command ``python -m asdk.sandbox`` and of its output."""

from __future__ import annotations

import asyncio
import json
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from asdk.sandbox.__main__ import main
from tests.support.scripts import SLOW

COMMAND = [sys.executable, "-X", "dev", "-W", "error", "-m", "asdk.sandbox"]

# A call of each client that needs the token.
CALLS = {
    "Apala": lambda client: client.paf.templates.list(),
    "BioEPIC": lambda client: client.auth.get_token(),
    "Bloomy": lambda client: client.user.details(),
    "EdgeQuake": lambda client: client.auth.me(),
    "MGnify": lambda client: client.private_studies.get(),
}


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run the program for the block; yield it with the lines that it has printed."""
    command = [*COMMAND, "--free-ports", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process, _greeting(process)
        finally:
            process.kill()


def _greeting(process: subprocess.Popen[str]) -> list[str]:
    """Read the output up to its last line."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        if line == "Stop with Ctrl-C.\n":
            break
        lines.append(line.rstrip("\n"))
    return lines


def facts(lines: list[str], label: str) -> list[str]:
    """Return the text after a label, for each API that has it."""
    return [line.removeprefix(f"  {label:10}") for line in lines if line.startswith(f"  {label:10}")]


@pytest.fixture(scope="module")
def lines() -> Iterator[list[str]]:
    with serving() as (_, printed):
        yield printed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_and_ends_quietly(number: signal.Signals, lines: list[str]) -> None:
    with serving("--token-lifetime", "120", "--strict", "--seed", "7") as (process, printed):
        assert not keys(printed) & keys(lines), "another seed draws other keys"
        url = printed[0].split()[1]
        name, _, password = facts(printed, "admin")[0].split()
        body = json.dumps({"username": name, "password": password}).encode()
        request = urllib.request.Request(f"{url}/api/v1/auth/login", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as reply:
            assert json.load(reply)["expires_in"] == 120
        process.send_signal(number)
        rest, errors = process.communicate(timeout=120)
        assert (process.returncode, rest, SLOW.sub("", errors)) == (0, "", "")


def test_the_printed_line_creates_a_client(lines: list[str]) -> None:
    printed = facts(lines, "python")
    assert len(printed) == len(CALLS)

    async def call_all() -> None:
        for line in printed:
            made: dict[str, Any] = {}
            exec(line, made)
            async with made["client"] as client:
                assert await CALLS[type(client).__name__](client)

    asyncio.run(call_all())


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_printed_curl_command_works(lines: list[str]) -> None:
    printed = facts(lines, "shell")
    assert len(printed) == len(CALLS)
    for line in printed:
        command = [*shlex.split(line), "--silent", "--show-error", "--fail-with-body"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        assert json.loads(done.stdout)


def keys(printed: list[str]) -> set[str]:
    return {line for label in ("API key", "client", "company", "customer") for line in facts(printed, label)}


def test_equal_seeds_print_equal_keys_and_two_programs_can_run(lines: list[str]) -> None:
    with serving("--seed", "0") as (_, again):
        assert len(keys(again)) == 6
        assert keys(again) == keys(lines)
        assert again[0] != lines[0]


def test_a_port_in_use_is_a_one_line_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = subprocess.run(
            [*COMMAND, "--free-ports", "--bioepic-port", str(port)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert (run.returncode, run.stdout) == (1, "")
    assert SLOW.sub("", run.stderr) == (
        f"asdk.sandbox: bioepic cannot listen on 127.0.0.1:{port}: address already in use; choose another port with "
        "--<api>-port, or use --free-ports\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--apala-port", "99999"], "must be a port from 0 to 65535, got '99999'"),
        (["--token-lifetime", "nan"], "must be a number of seconds, got 'nan'"),
        (["--rate-limit", "0"], "must be a whole number of at least 1, got '0'"),
    ],
)
def test_a_wrong_argument_is_refused(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    for option in ("--host", "--free-ports", "--seed", "--token-lifetime", "--strict"):
        assert option in said
    assert all(f"--{name.lower()}-port PORT" in said for name in CALLS)
