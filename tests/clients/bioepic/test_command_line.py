"""Tests of the command ``python -m asdk.clients.bioepic``."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from asdk.clients.bioepic.__main__ import main
from asdk.sandbox import BioEPICServer


@pytest.fixture(autouse=True)
def environment(server: BioEPICServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIOEPIC_BASE_URL", server.url)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(words)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_one_sample(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "sample", "--id", "bioepic:sample-0003")
    assert (code, json.loads(out)["id"], err) == (0, "bioepic:sample-0003", "Retrieved 1 record(s)\n")


@pytest.mark.parametrize("wanted", ["is_control: true", '{"is_control": true}'])
def test_samples_by_filter(capsys: pytest.CaptureFixture[str], server: BioEPICServer, wanted: str) -> None:
    code, out, _ = run(capsys, "sample", "--filter", wanted)
    assert (code, len(json.loads(out))) == (0, 10)
    assert server.counters.count("GET", "/api/{collection}") == 1
    assert run(capsys, "sample", "--filter", wanted, "-a", "-l", "13")[2] == "Retrieved 26 record(s)\n"


def test_a_search_into_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "creek.csv"
    code, out, err = run(capsys, "search", "name", "o'brien", "--all", "-o", str(path), "-v")
    assert (code, out) == (0, "")
    assert "asdk: GET /api/{collection}: 200" in err
    assert err.endswith("\nRetrieved 52 record(s)\n")
    with path.open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 52
    assert run(capsys, "search", "name", "Experiment 7", "--exact", "-c", "experiments")[2].startswith("Retrieved 1 ")
    assert run(capsys, "search", "name", "x", "-o", str(path), "-f", "TSV")[0] == 0
    assert path.read_bytes() == b""


def test_some_commands_send_no_request(capsys: pytest.CaptureFixture[str], server: BioEPICServer) -> None:
    assert "samples" in run(capsys, "collections")[1]
    assert run(capsys, "version")[1].startswith("asdk ")
    info = run(capsys, "info")[1]
    assert "https://api-dev.bioepic.example.com" in info
    assert f"{server.url}, without credentials" in info
    assert server.counters.total == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sample", "--id", "nope"], "404 GET /api/{collection}/{id}: No record nope"),
        (["sample", "--filter", "nothing"], "filter must be JSON"),
        (["sample", "--env", "test"], "env must be one of prod, dev"),
        (["sample", "-c", "nope"], "400 GET /api/{collection}: Unknown collection: nope"),
        (["sample", "-o", "a.csv", "-f", "parquet"], "json, csv or tsv"),
    ],
)
def test_a_failure_is_one_line_and_exit_code_1(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (1, "")
    assert err.startswith("bioepic: ")
    assert said in err
    assert err.count("\n") == 1


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-X", "dev", "-W", "error", "-m", "asdk.clients.bioepic", "sample", "--limit", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "argument --limit/-l: must be a positive integer, got '0'" in done.stderr
