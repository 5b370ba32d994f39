"""A redis-server for the tests, on a free loopback port, without a disk. It can be frozen and killed."""

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

_START_TIMEOUT = 60.0


class RedisServer:
    """Runs redis-server, empty at each start.

    Args:
        password: the required password; None requires none.
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
        """Kill it and lose its data, as a power failure does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop it for the block: the kernel still accepts connections, but the server does not respond."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def cli(self, *command: str) -> str:
        """Return the output of ``redis-cli``."""
        secret = [] if self.password is None else ["-a", self.password, "--no-auth-warning"]
        run = ["redis-cli", "-p", str(self.port), *secret, *command]
        return subprocess.run(run, capture_output=True, text=True, timeout=60, check=True).stdout.strip()

    @property
    def trips(self) -> int:
        """Return how many scripts it has run since ``CONFIG RESETSTAT``."""
        lines = [line for line in self.cli("INFO", "commandstats").splitlines() if line.startswith("cmdstat_eval")]
        return sum(int(line.partition("calls=")[2].partition(",")[0]) for line in lines)


@contextmanager
def running_redis(password: str | None = None) -> Iterator[RedisServer]:
    """Run a server for the block. Skip the test if redis-server is not installed."""
    if shutil.which("redis-server") is None or shutil.which("redis-cli") is None:
        pytest.skip("redis-server is not installed: apt-get install redis-server")
    server = RedisServer(password)
    server.start()
    try:
        yield server
    finally:
        server.kill()
