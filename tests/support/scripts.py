"""Runs a script in a Python of its own, where every warning is an error and nothing may be said on stderr."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap

_PRELUDE = """
import asyncio, gc, os, signal, sys, threading, time
from asdk import AsdkError, BaseClient, Retry, Timeout

url = sys.argv[1]

def make_client(**options):
    return BaseClient(base_url=url, **options)

def sockets():
    count = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
        except FileNotFoundError:
            pass  # the one that lists them
    return count
"""

#: What asyncio's debug mode says of a machine that is busy.
SLOW = re.compile(r"^Executing <.*> took [0-9.]+ seconds\n", re.MULTILINE)


def run_quietly(source: str, *arguments: str) -> str:
    """What the script prints. It fails the test by an exit code, or by a word on stderr.

    Args:
        source: the script; it finds `make_client`, `sockets` and ``url``, its first argument.
        arguments: for ``sys.argv``.
    """
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", _PRELUDE + textwrap.dedent(source), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    complaints = SLOW.sub("", done.stderr)
    assert (done.returncode, complaints) == (0, ""), f"exit code {done.returncode}\n{done.stdout}\n{complaints}"
    return done.stdout.strip()
