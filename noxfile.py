"""What this project runs, each in an environment of its own: ``python -m nox -s tests``, ``demo``, ``lint`` and others.

``tests`` and ``demo`` need a machine with Python and nothing else; ``tests-matrix-3.12`` and ``tests-matrix-3.13`` need
those Pythons.
"""

from __future__ import annotations

import os
from glob import glob
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["tests", "lint", "types"]
nox.options.default_venv_backend = "venv"

PYPROJECT = nox.project.load_toml("pyproject.toml")


#: Packages that cannot be installed beside the tests: each gets an environment of its own, and a test that asks for it.
VENDORS = ("apala-api==1.0.2", "mgnipy==0.1.3", "mgnipy==0.3.0")


def vendor_environment(session: nox.Session, package: str) -> tuple[str, str]:
    """Make it, and say under which name in the environment its Python is told to the tests."""
    name = "".join(letter if letter.isalnum() else "_" for letter in package).upper()
    folder = Path(session.virtualenv.location) / "vendors" / name
    session.run("python", "-m", "venv", str(folder))
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    session.run(python, "-m", "pip", "install", "--quiet", package, external=True)
    return f"VENDOR_{name}", python


def install(session: nox.Session, *groups: str) -> None:
    """The project, and what the groups of pyproject.toml name."""
    packages = nox.project.dependency_groups(PYPROJECT, *groups)
    # pip looks for extras of the project at the index, unless they are asked of the checkout itself.
    extras = [package.removeprefix("asdk") for package in packages if package.startswith("asdk[")]
    others = [package for package in packages if not package.startswith("asdk[")]
    session.install("-e", f".{extras[0]}" if extras else ".", *others)


@nox.session
def tests(session: nox.Session) -> None:
    """Everything the project tests."""
    install(session, "test", "conformance")
    # Side by side, in the development mode of Python: what is not closed or never retrieved is an error. What fails is
    # tried once more, and named at the end: hundreds of tests start programs, and a busy machine may give one no turn.
    processes = max(4, os.cpu_count() or 1)  # more than processors, since many tests wait for other programs
    side_by_side = ["--numprocesses", str(processes), "--dist", "worksteal", "--reruns", "1", "-r", "R"]
    arguments = session.posargs or side_by_side
    session.run("python", "-X", "dev", "-m", "pytest", *arguments, env={"PYTHONDEVMODE": "1"})


@nox.session(name="tests-matrix", python=["3.11", "3.12", "3.13"])
def tests_matrix(session: nox.Session) -> None:
    """The same on each Python that is supported and installed."""
    tests(session)


@nox.session
def demo(session: nox.Session) -> None:
    """The clients against the sandbox, with short-lived tokens and injected faults, in one screen."""
    install(session, "demo")
    session.run("python", "examples/demo.py")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, by ruff."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Types, by mypy and pyright, both strict."""
    install(session, "types")
    session.run("mypy")
    session.run("pyright")


@nox.session
def conformance(session: nox.Session) -> None:
    """The vendors' own packages, unmodified, against the sandbox; and beside them our clients."""
    install(session, "test", "conformance")
    pythons = dict(vendor_environment(session, package) for package in VENDORS)
    session.run("python", "-m", "pytest", "tests/conformance", *session.posargs, env=pythons)


@nox.session(name="conformance-apala")
def conformance_apala(session: nox.Session) -> None:
    """The same for Apala, whose package pins what the others do not."""
    install(session, "conformance-apala")
    session.run("python", "-m", "pytest", *glob("tests/conformance/test_apala_*.py"), *session.posargs)


@nox.session(name="conformance-bloomy", python="3.12")
def conformance_bloomy(session: nox.Session) -> None:
    """The same for Bloomy, whose package needs this Python."""
    install(session, "conformance-bloomy")
    session.run("python", "-m", "pytest", *glob("tests/conformance/test_bloomy_*.py"), *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """The heavy runs: the cases of the tests at full size, on loopback, minutes instead of seconds; and cases of the
    property tests that nobody has seen yet."""
    install(session, "test", "conformance")
    which = ["-m", "soak or hypothesis", "--hypothesis-profile", "soak"]
    session.run("python", "-m", "pytest", *which, *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Speed as ratios to the peers."""
    install(session, "bench")
    session.run("python", "-m", "benchmarks.call_cost", *session.posargs)
    session.run("python", "-m", "benchmarks.call_path")
    session.run("python", "-m", "benchmarks.token_storm")
    session.run("python", "-m", "benchmarks.bulk")


@nox.session
def docs(session: nox.Session) -> None:
    """The reference, from the docstrings, into ``site/``."""
    install(session, "docs", "test")
    modules = ["asdk", *(f"asdk.{name}" for name in ("auth", "middleware", "pagination", "testing"))]
    modules += [f"asdk.clients.{path.parent.name}" for path in sorted(Path("asdk/clients").glob("*/__init__.py"))]
    session.run("pdoc", "--docformat", "google", "--output-directory", "site", *modules)
