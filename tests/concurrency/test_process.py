"""Identifiers of processes, without ``/proc`` as well. The rules that use them are in tests/auth/refresh."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from asdk.concurrency import process
from asdk.concurrency.process import NO_PROCESS, current_process_id, is_running

FINISHED = "import os; print(os.getpid())"


def test_a_process_without_a_start_time_is_found_by_its_pid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_start_time", lambda pid: None)
    host = current_process_id().rpartition("/")[0]
    finished = subprocess.run([sys.executable, "-c", FINISHED], capture_output=True, text=True, check=True).stdout
    assert is_running(f"{host}/{os.getpid()}@") is True
    assert is_running(f"{host}/{finished.strip()}@") is False


def test_no_process_is_not_running() -> None:
    assert not is_running(NO_PROCESS)
