"""`run_in_terminal`: runs a script on a pseudo-terminal and types input."""

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

_TIMEOUT = 120.0


def run_in_terminal(source: str, dialogue: Sequence[tuple[str, str]]) -> str:
    """Run a script, assert that it succeeds, and return the text of the screen.

    Args:
        source: the script.
        dialogue: pairs of a pattern to wait for and the text to type then; ``"^C"`` interrupts.
    """
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", "-c", textwrap.dedent(source)],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,  # detached from the terminal that runs the tests
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
            time.sleep(0.05)  # getpass discards input from before its prompt
            if typed == "^C":
                process.send_signal(signal.SIGINT)
            else:
                os.write(controller, typed.encode())
        while more := _read(controller):
            screen += more
        assert process.wait(_TIMEOUT) == 0, screen
    finally:
        process.kill()
        process.wait()
        os.close(controller)
    return screen


def _read(controller: int) -> str:
    """Return the next text on the screen; empty once the script has exited."""
    ready, _, _ = select.select([controller], [], [], _TIMEOUT)
    assert ready, "the script stopped printing"
    try:
        return os.read(controller, 65536).decode()
    except OSError:  # raised by Linux when the other end is closed
        return ""
