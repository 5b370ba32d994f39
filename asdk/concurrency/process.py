"""Identifiers of processes, and the check that the process behind one is still running.

Used by token refresh for the intents that it finds in a store. A process id alone is reused after its process has
exited, and is meaningless on another machine or in another container.
"""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

#: The holder of an intent that its process has given up: no process has this identifier.
NO_PROCESS = ""


def current_process_id() -> str:
    """Return the identifier of this process: its host and PID namespace, its PID and its start time."""
    return _process_id(os.getpid())


def is_local(holder: str) -> bool:
    """Return True if the holder runs, or ran, in this process's host and PID namespace."""
    return holder.rpartition("/")[0] == _host()


def is_running(holder: str) -> bool | None:
    """Return whether the holder is still running, or None if that cannot be seen from this process."""
    if not is_local(holder):
        return None
    pid, _, start_time = holder.rpartition("/")[2].partition("@")
    if not pid.isdigit():
        return False
    found = _start_time(int(pid))
    if found is None:
        return _exists(int(pid))
    return found == start_time


@cache
def _process_id(pid: int) -> str:
    return f"{_host()}/{pid}@{_start_time(pid) or ''}"


def _host() -> str:
    """Return the host name and the PID namespace: each container has a namespace of its own."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return f"{socket.gethostname()}/{namespace}"


def _start_time(pid: int) -> str | None:
    """Return a process's start time in kernel ticks, "" if there is no such process, or None without ``/proc``."""
    if not Path("/proc/self/stat").exists():
        return None
    try:
        # The program's name, in parentheses, may contain anything; the 20th field after it is the start time (proc(5)).
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
