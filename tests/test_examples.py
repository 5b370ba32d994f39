"""Each example runs as it is, and without a word on stderr."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.parametrize("name", ["apala.py", "bloomy.py", "edgequake.py"])
def test_an_example_runs_clean(name: str, tmp_path: Path) -> None:
    # Not with -X dev: asyncio would then complain of a slow machine.
    command = [sys.executable, "-W", "error", str(EXAMPLES / name)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) > 4
