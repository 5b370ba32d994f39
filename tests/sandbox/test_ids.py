import subprocess
import sys
import uuid

from asdk.sandbox.clock import ManualClock, rfc3339
from asdk.sandbox.ids import Ids

DRAW = "from asdk.sandbox.ids import Ids; i = Ids('x', 7); print(i.uuid(), i.hex(8), i.alphanumeric(32))"


def test_the_same_seed_draws_the_same_in_another_process() -> None:
    ids = Ids("x", 7)
    here = f"{ids.uuid()} {ids.hex(8)} {ids.alphanumeric(32)}"
    run = subprocess.run([sys.executable, "-c", DRAW], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == here


def test_another_seed_draws_something_else() -> None:
    assert Ids("x", 7).uuid() != Ids("x", 8).uuid()


def test_ids_have_the_form_they_claim() -> None:
    ids = Ids()
    assert uuid.UUID(ids.uuid()).version == 4
    assert len(ids.hex(8)) == 8
    assert len(ids.alphanumeric(32)) == 32
    assert ids.alphanumeric(32).isalnum()


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock()
    assert rfc3339(clock()) == "2026-01-01T00:00:00+00:00"
    clock.advance(0.25)
    assert rfc3339(clock()) == "2026-01-01T00:00:00.250000+00:00"
