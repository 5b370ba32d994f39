"""What tests of the vendors' packages share: one way to call sync and async clients, and scripts in environments.

Packages whose versions or dependencies exclude each other cannot be installed beside the tests: their scripts run in an
environment of their own that `nox -s conformance` has made.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


async def settle(outcome: Any) -> Any:
    """What a vendor's call gives: a sync client's at once, an async one's when it is there."""
    return await outcome if inspect.isawaitable(outcome) else outcome


async def run(package: str, script: str, folder: Path, environ: Mapping[str, str]) -> Any:
    """Run a script of this folder and give what it wrote.

    Args:
        package: such as ``"mgnipy==0.3.0"``; the test is skipped where its environment is not there.
        script: the name of the file, which gets the path of the file to write as its argument.
        folder: an empty one, to work in.
        environ: all that it sees of the environment, beside PATH.
    """
    variable = "VENDOR_" + "".join(letter if letter.isalnum() else "_" for letter in package).upper()
    python = os.environ.get(variable)
    if python is None:
        pytest.skip(f"no environment with {package}: `nox -s conformance` makes one and names its python in {variable}")
    written = folder / "written.json"
    process = await asyncio.create_subprocess_exec(
        python,
        str(HERE / script),
        str(written),
        cwd=folder,
        env={"PATH": os.defpath, "HOME": str(folder), **environ},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(120):
        _, said = await process.communicate()
    if not written.exists():
        sys.stderr.write(said.decode(errors="replace")[-4000:])
        pytest.fail(f"{script} wrote nothing")
    return json.loads(written.read_text())
