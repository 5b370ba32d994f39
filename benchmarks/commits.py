"""Benchmark of CPU per call of two commits: the working tree as a ratio to an older commit, interleaved in one run.

``python -m benchmarks.commits 2c9a8d0 [--rounds 41] [--block 500] [--in-flight 1,64]``

The older commit is checked out into a temporary directory. Each side is one process that lives through the whole run;
the processes take turns in short blocks, in a new random order each round. The program is the same on both sides, so it
may use only public names that both commits have.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.call_cost import describe, drive, full_stack, full_stack_plain
from benchmarks.server import serving

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = {program.__name__: program for program in (full_stack, full_stack_plain)}


async def _take_turns(url: str, name: str, in_flight: int, block: int) -> None:
    """Measure one block for each line of standard input: print its CPU seconds, and end with the input."""
    loop = asyncio.get_running_loop()
    async with PROGRAMS[name](url) as call:
        await drive(call, max(4 * in_flight, 200), in_flight)
        gc.collect()
        gc.freeze()
        print("ready", flush=True)
        while await loop.run_in_executor(None, sys.stdin.readline):
            began = time.process_time()
            await drive(call, max(block, in_flight), in_flight)
            print(time.process_time() - began, flush=True)


class Side:
    """One commit's process, which measures a block on request."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._requests, self._answers = process.stdin, process.stdout
        if self._answers.readline() != "ready\n":
            raise RuntimeError("the program failed before its first block; its error is above")

    def measure(self) -> float:
        """Run one block; return its CPU seconds (user and system)."""
        self._requests.write("\n")
        self._requests.flush()
        return float(self._answers.readline())


@contextmanager
def started(package: Path, arguments: list[str]) -> Iterator[Side]:
    """Start the program with the package of one tree, and end it after the block."""
    # The programs are this tree's; only `asdk` differs, and it is found first.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(package), str(ROOT)]), "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-c", "from benchmarks.commits import turn; turn()", *arguments]
    pipe = subprocess.PIPE
    with (
        tempfile.TemporaryDirectory() as elsewhere,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment, cwd=elsewhere) as process,
    ):
        try:
            yield Side(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=30)


def turn() -> None:
    """Run one side: the program, the URL, the number of calls in flight, and the calls per block are the arguments."""
    name, url, in_flight, block = sys.argv[1:]
    asyncio.run(_take_turns(url, name, int(in_flight), int(block)))


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Check out only the package of a commit into a directory with nothing else in it."""
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", commit, "asdk"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        yield Path(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU per call of the working tree as a ratio to an older commit.")
    parser.add_argument("commit")
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--block", type=int, default=500, help="calls per turn")
    parser.add_argument("--in-flight", default="1,64", help="calls in flight, separated by commas")
    options = parser.parse_args()
    levels = options.in_flight.split(",")
    print("| program | " + " | ".join(f"{level} in flight" for level in levels) + " |")
    print("|---|" + "---|" * len(levels))
    with serving() as url, checked_out(options.commit) as old_tree, checked_out("HEAD") as new_tree:
        for name in PROGRAMS:
            cells = []
            for level in levels:
                arguments = [name, url, level, str(options.block)]
                with ExitStack() as stack:
                    sides = {tree: stack.enter_context(started(tree, arguments)) for tree in (old_tree, new_tree)}
                    ratios = []
                    for _ in range(options.rounds):
                        # Each side runs twice per round, the older one first and last or in between.
                        order = random.choice(
                            [[old_tree, new_tree, new_tree, old_tree], [new_tree, old_tree, old_tree, new_tree]]
                        )
                        cost: dict[Path, list[float]] = {}
                        for tree in order:
                            cost.setdefault(tree, []).append(sides[tree].measure())
                        ratios.append(statistics.mean(cost[new_tree]) / statistics.mean(cost[old_tree]))
                cells.append(describe(ratios, digits=3))
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
