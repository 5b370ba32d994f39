"""The page of the client: every operation of the API is in its table, in the client and in the sandbox."""

from __future__ import annotations

import re
import subprocess
import sys
from operator import attrgetter
from pathlib import Path

from asdk.clients.mgnify import MGnify
from asdk.sandbox.mgnify.app import ROUTES

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "clients" / "mgnify.md").read_text()
ROWS = re.findall(r"^\| `([\w.]+)` \| `([A-Z]+ [^`]+)` \|", PAGE.partition("## Operations")[2], re.MULTILINE)


def test_the_table_has_every_operation_of_the_sandbox_and_no_other() -> None:
    assert sorted(operation for _, operation in ROWS) == sorted(f"{route.method} {route.path}" for route in ROUTES)


def test_each_operation_is_in_the_client_and_documented_there() -> None:
    client = MGnify()
    for name, operation in ROWS:
        assert f"``{operation}``" in attrgetter(name)(client).__doc__.partition("Source: ")[2], name


def test_the_example_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples" / "mgnify.py")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "MGYS00000231" in done.stdout
