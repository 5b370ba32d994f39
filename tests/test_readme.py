"""What the README shows is what runs, and what it names exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.scripts import SLOW

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("example", ["quickstart.py", "own_client.py", "bulk.py", "streams_and_files.py"])
def test_the_readme_shows_the_example_as_it_is_and_it_runs_clean(example: str, tmp_path: Path) -> None:
    path = ROOT / "examples" / example
    assert f"```python\n{path.read_text().rstrip()}\n```" in README
    command = [sys.executable, "-X", "dev", "-W", "error", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert SLOW.sub("", done.stderr) == ""
    assert done.stdout


def test_every_file_that_the_readme_names_exists() -> None:
    for name in set(re.findall(r"`((?:asdk|examples|tests|benchmarks)/[\w/]+\.py)`", README)):
        assert (ROOT / name).is_file(), name


def test_every_name_in_the_table_of_what_a_user_extends_is_where_it_says() -> None:
    table = README.partition("## Extend it")[2].partition("## ")[0]
    rows = re.findall(r"^\| (.+?) \| `([\w/.]+)` \|", table, re.MULTILINE)
    assert len(rows) >= 9
    for names, file in rows:
        text = (ROOT / file).read_text()
        for name in re.findall(r"`@?(\w+)`", names):
            assert re.search(rf"^(?:class|def) {name}\b", text, re.MULTILINE), f"{name} is not in {file}"
