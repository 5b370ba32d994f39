"""Python processes of their own that talk to the test line by line, and can be killed at any moment."""

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
    """Runs a script; ``sys.argv[1:]`` are the arguments. It is killed at the end of the ``with``."""

    def __init__(self, source: str, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", _PRELUDE + textwrap.dedent(source), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hear(self) -> str:
        """The next line; empty at the end."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def tell(self, line: str = "") -> None:
        """Give it a line to read."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """``kill -9``."""
        self._process.kill()
        self._process.wait()

    def finish(self, within: float = 60.0) -> list[str]:
        """What it said, when it came to its end without an error."""
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
