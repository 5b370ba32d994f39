"""A redis-server of the tests' own, on a free port of loopback, without a disk. It can be frozen and killed."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_START_TIMEOUT = 10.0


class RedisServer:
    """Runs redis-server; each start is an empty one.

    Args:
        password: that it asks for; None asks for none.
    """

    def __init__(self, password: str | None = None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.password = password
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        user = "" if self.password is None else f":{self.password}@"
        return f"redis://{user}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        if self.password is not None:
            command += ["--requirepass", self.password]
        self._process = subprocess.Popen(
            command, cwd=tempfile.gettempdir(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _START_TIMEOUT
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            assert time.monotonic() < deadline, "redis-server did not start"
            time.sleep(0.01)

    def kill(self) -> None:
        """End it at once, as a machine that loses its power; all that it kept is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It accepts connections, as the kernel does that for it, and says nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def cli(self, *command: str) -> str:
        """What ``redis-cli`` says."""
        secret = [] if self.password is None else ["-a", self.password, "--no-auth-warning"]
        run = ["redis-cli", "-p", str(self.port), *secret, *command]
        return subprocess.run(run, capture_output=True, text=True, timeout=10, check=True).stdout.strip()

    @property
    def trips(self) -> int:
        """How many scripts it ran since ``CONFIG RESETSTAT``."""
        lines = [line for line in self.cli("INFO", "commandstats").splitlines() if line.startswith("cmdstat_eval")]
        return sum(int(line.partition("calls=")[2].partition(",")[0]) for line in lines)


@contextmanager
def running_redis(password: str | None = None) -> Iterator[RedisServer]:
    """A server that runs. Skips the test where redis-server is not installed."""
    if shutil.which("redis-server") is None or shutil.which("redis-cli") is None:
        pytest.skip("redis-server is not installed: apt-get install redis-server")
    server = RedisServer(password)
    server.start()
    try:
        yield server
    finally:
        server.kill()
