"""Run each example as a program; none may write to stderr."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.scripts import SLOW

EXAMPLES = Path(__file__).parent.parent / "examples"

CLIENTS = ["apala.py", "bioepic.py", "bloomy.py", "edgequake.py", "mgnify.py"]
FOUNDATION = ["bulk.py", "own_client.py", "quickstart.py", "streams_and_files.py"]


@pytest.mark.parametrize("name", CLIENTS)
def test_an_example_of_a_client_runs_clean(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-X", "dev", "-W", "error", str(EXAMPLES / name)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False)
    assert (done.returncode, SLOW.sub("", done.stderr)) == (0, "")
    assert len(done.stdout.splitlines()) > 2


@pytest.mark.parametrize("name", FOUNDATION)
def test_an_example_of_the_foundation_runs_clean(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-X", "dev", "-W", "error", str(EXAMPLES / name)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False)
    assert (done.returncode, SLOW.sub("", done.stderr)) == (0, "")
    assert done.stdout


def test_no_example_is_left_out() -> None:
    assert sorted(path.name for path in EXAMPLES.glob("*.py")) == sorted([*CLIENTS, *FOUNDATION, "demo.py"])


def test_the_demo_shows_all_five_clients_and_loses_no_call(tmp_path: Path) -> None:
    # The demo as it is, with less time and fewer calls.
    shorter = f"import sys; sys.path.insert(0, {str(EXAMPLES)!r}); import anyio, demo; demo.SECONDS = 0.2; "
    shorter += "demo.IN_FLIGHT = 50; sys.exit(anyio.run(demo.main))"
    command = [sys.executable, "-W", "error", "-c", shorter]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines() if "│" in line]
    assert [row[0] for row in rows] == ["EdgeQuake", "Apala", "Bloomy", "MGnify", "BioEPIC"]
    assert all(int(row[3]) >= 1 for row in rows), "a client sent no token request"
    assert {row[6] for row in rows} == {"0"}, "calls failed"
