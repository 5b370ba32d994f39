"""The page of the client: every operation of the API is in its table, in the client and in the sandbox."""

from __future__ import annotations

import re
import subprocess
import sys
from operator import attrgetter
from pathlib import Path

from asdk.clients.bioepic import BioEPIC
from asdk.sandbox import Sandbox

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "clients" / "bioepic.md").read_text()
ROWS = re.findall(r"^\| `([\w.]+)` \| `([A-Z]+ [^`]+)` \|", PAGE.partition("## Operations")[2], re.MULTILINE)


def test_the_table_has_every_operation_of_the_sandbox_and_no_other() -> None:
    routes = Sandbox().bioepic.routes()
    assert sorted(operation for _, operation in ROWS) == sorted(f"{route.method} {route.path}" for route in routes)


def test_each_operation_is_in_the_client_and_documented_there() -> None:
    client = BioEPIC()
    for name, operation in ROWS:
        assert f"``{operation}``" in attrgetter(name)(client).__doc__.partition("Source: ")[2], name


def test_the_example_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples" / "bioepic.py")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "O'Brien" in done.stdout
