"""Who holds something that others wait for: this process, by a name that is never given twice, and whether it lives.

Asked by the renewal of tokens about the intents that it finds in a store. A process number alone is used again after
the process has ended, and says nothing on another machine or in another container.
"""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

#: Stands for a holder that has let go: no process has this name.
NO_PROCESS = ""


def current_process_id() -> str:
    """The name of this process: where it runs, its number, and when it began."""
    return _name(os.getpid())


def is_here(holder: str) -> bool:
    """Whether the holder runs, or ran, where this process can see it."""
    return holder.rpartition("/")[0] == _place()


def is_alive(holder: str) -> bool | None:
    """Whether the holder still runs; None if that cannot be seen from here."""
    if not is_here(holder):
        return None
    number, _, began = holder.rpartition("/")[2].partition("@")
    if not number.isdigit():
        return False
    now = _began(int(number))
    if now is None:
        return _responds(int(number))
    return now == began


@cache
def _name(pid: int) -> str:
    return f"{_place()}/{pid}@{_began(pid) or ''}"


def _place() -> str:
    """The machine, and the space in which process numbers count: a container has its own."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return f"{socket.gethostname()}/{space}"


def _began(pid: int) -> str | None:
    """When a process began, in the kernel's ticks; None where that is not told, "" where there is no such process."""
    if not Path("/proc/self/stat").exists():
        return None
    try:
        # The name of the program, in brackets, may hold anything; the 20th field after it is the start time (proc(5)).
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _responds(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
