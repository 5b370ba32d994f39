"""Runs a script on a terminal of its own, and types what a person would."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence

_PATIENCE = 20.0


def run_in_terminal(source: str, dialogue: Sequence[tuple[str, str]]) -> str:
    """What stood on the screen when the script had ended well.

    Args:
        source: the script.
        dialogue: what the screen has to show, a pattern, and what is typed then; ``"^C"`` interrupts.
    """
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", "-c", textwrap.dedent(source)],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,  # without the terminal of whoever runs the tests
    )
    os.close(terminal)
    screen, seen = "", 0
    try:
        for pattern, typed in dialogue:
            while (found := re.compile(pattern).search(screen, seen)) is None:
                more = _read(controller)
                assert more, f"{pattern!r} is not on the screen:\n{screen}"
                screen += more
            seen = found.end()
            time.sleep(0.05)  # getpass throws away what was typed before it asked
            if typed == "^C":
                process.send_signal(signal.SIGINT)
            else:
                os.write(controller, typed.encode())
        while more := _read(controller):
            screen += more
        assert process.wait(_PATIENCE) == 0, screen
    finally:
        process.kill()
        process.wait()
        os.close(controller)
    return screen


def _read(controller: int) -> str:
    """What comes next on the screen; nothing when the script has ended."""
    ready, _, _ = select.select([controller], [], [], _PATIENCE)
    assert ready, "the script says nothing more"
    try:
        return os.read(controller, 65536).decode()
    except OSError:  # Linux says so at the end
        return ""
