import json
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from typing import IO

import pytest

COMMAND = [sys.executable, "-X", "dev", "-W", "error", "-m", "asdk.sandbox"]
FREE_PORTS = [
    word for name in ("edgequake", "mgnify", "apala", "bloomy", "bioepic") for word in (f"--{name}-port", "0")
]


def read_greeting(output: IO[str]) -> list[list[str]]:
    """The words of each line, up to the last one of the greeting."""
    lines: list[list[str]] = []
    for line in output:
        if line.startswith("Stop with"):
            break
        lines.append(line.split())
    return lines


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_what_it_prints_until_a_signal_and_ends_quietly(number: signal.Signals) -> None:
    arguments = [*FREE_PORTS, "--token-lifetime", "120", "--strict"]
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = read_greeting(process.stdout)
        url, username, password = lines[0][1], lines[1][1], lines[1][3]
        body = json.dumps({"username": username, "password": password}).encode()
        request = urllib.request.Request(f"{url}/api/v1/auth/login", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as reply:
            assert json.load(reply)["expires_in"] == 120
        started = time.perf_counter()
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
        assert time.perf_counter() - started < 1
    assert (process.returncode, rest, errors) == (0, "", "")


def test_the_printed_key_is_accepted() -> None:
    with subprocess.Popen([*COMMAND, *FREE_PORTS], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = read_greeting(process.stdout)
        request = urllib.request.Request(f"{lines[0][1]}/api/v1/auth/me", headers={"X-API-Key": lines[3][2]})
        with urllib.request.urlopen(request) as reply:
            assert json.load(reply)["user"]["username"] == lines[1][1]
        process.terminate()


def test_a_taken_port_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        arguments = [*FREE_PORTS, "--edgequake-port", str(taken.getsockname()[1])]
        run = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith("asdk.sandbox: ")
    assert run.stderr.count("\n") == 1


def test_the_printed_key_of_apala_is_accepted() -> None:
    with subprocess.Popen([*COMMAND, *FREE_PORTS], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = read_greeting(process.stdout)
        start = next(number for number, line in enumerate(lines) if line[0] == "Apala")
        body = json.dumps({"api_key": lines[start + 1][2]}).encode()
        request = urllib.request.Request(
            f"{lines[start][1]}/api/auth/token", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as reply:
            assert json.load(reply)["company_id"] == lines[start + 2][1]
        process.terminate()


def test_the_printed_login_of_bloomy_is_accepted() -> None:
    with subprocess.Popen([*COMMAND, *FREE_PORTS], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = read_greeting(process.stdout)
        start = next(number for number, line in enumerate(lines) if line[0] == "Bloomy")
        _, name, _, password = lines[start + 1]
        form = {"grant_type": "password", "userName": name, "password": password}
        url = lines[start][1].removesuffix("/api/v1")
        with urllib.request.urlopen(f"{url}/Token", urllib.parse.urlencode(form).encode()) as reply:
            assert json.load(reply)["userName"] == name
        process.terminate()
