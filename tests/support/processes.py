"""Python processes that exchange lines with the test and can be killed at any time."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from types import TracebackType
from typing import Self

_PRELUDE = """
import asyncio, os, random, signal, sys, time
from pathlib import Path
from asdk.auth import TokenRecord, FileTokenStore, RedisTokenStore, Token
from asdk.auth.stores import redis as redis_store

KEY = "0123456789abcdef0123456789abcdef"

def say(*words):
    print(*words, flush=True)

def entry(revision, **facts):
    return TokenRecord(origin="https://id.example.org", token=Token(value="s3cret", **facts), revision=revision)

async def is_free(store, within):
    try:
        async with asyncio.timeout(within), store.lock(KEY):
            return True
    except TimeoutError:
        return False
"""


class Process:
    """Runs a script with ``sys.argv[1:]`` as its arguments. It is killed at the end of the ``with`` block."""

    def __init__(self, source: str, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", _PRELUDE + textwrap.dedent(source), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hear(self) -> str:
        """Return the next line, empty at the end."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def tell(self, line: str = "") -> None:
        """Send it a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill it, as ``kill -9`` does."""
        self._process.kill()
        self._process.wait()

    def finish(self, within: float = 60.0) -> list[str]:
        """Wait for its exit without an error, and return its remaining lines."""
        said, _ = self._process.communicate(timeout=within)
        assert self._process.returncode == 0, said
        return said.splitlines()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
