"""Commands of this project, each in its own environment: ``python -m nox -s tests``, ``demo``, ``lint`` and others.

``tests`` and ``demo`` need only Python; ``tests-matrix-3.12`` and ``tests-matrix-3.13`` need those versions of it.
"""

from __future__ import annotations

import os
import re
from glob import glob
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["tests", "lint", "types"]
nox.options.default_venv_backend = "venv"

PYPROJECT = nox.project.load_toml("pyproject.toml")


#: Packages that conflict with the test dependencies: each gets its own environment, which a test runs.
VENDORS = ("apala-api==1.0.2", "mgnipy==0.1.3", "mgnipy==0.3.0")


def vendor_environment(session: nox.Session, package: str) -> tuple[str, str]:
    """Create the environment of one package; return the variable that tells the tests its Python, and the Python."""
    name = "".join(letter if letter.isalnum() else "_" for letter in package).upper()
    folder = Path(session.virtualenv.location) / "vendors" / name
    session.run("python", "-m", "venv", str(folder))
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    session.run(python, "-m", "pip", "install", "--quiet", package, external=True)
    return f"VENDOR_{name}", python


def install(session: nox.Session, *groups: str, constraints: Path | None = None) -> None:
    """Install the project with the dependency groups of pyproject.toml, in versions that the constraints admit."""
    packages = nox.project.dependency_groups(PYPROJECT, *groups)
    # pip would look for the project's extras on the index; requesting them from the checkout avoids that.
    extras = [package.removeprefix("asdk") for package in packages if package.startswith("asdk[")]
    others = [package for package in packages if not package.startswith("asdk[")]
    limits = ["--constraint", str(constraints.resolve())] if constraints else []
    session.install("-e", f".{extras[0]}" if extras else ".", *others, *limits)


def lowest_versions(*groups: str) -> list[str]:
    """Return the lower bounds of pyproject.toml as pins: ``name>=1,<2`` becomes ``name==1``."""
    project = PYPROJECT["project"]
    extras = [package for extra in project["optional-dependencies"].values() for package in extra]
    packages = [*project["dependencies"], *extras, *nox.project.dependency_groups(PYPROJECT, *groups)]
    return sorted({re.sub(r">=([^,;]+)[^;]*", r"==\1", package) for package in packages if ">=" in package})


#: Slow tests of fleets, notebooks, whole APIs and timing, which the lowest versions of dependencies have no part in.
SLOW = (
    *("tests/conformance", "tests/contracts", "tests/soak", "tests/auth/test_fleet.py", "tests/test_fault_matrix.py"),
    *("tests/auth/stores/test_file_processes.py", "tests/test_canaries.py", "tests/test_examples.py"),
    *("tests/test_notebook.py", "tests/test_storm.py", "tests/test_worst_inputs.py"),
)


def run_tests(session: nox.Session, *selection: str) -> None:
    # In Python's development mode unclosed resources and unretrieved exceptions become errors. A failed test is run
    # once more and named at the end, until whole runs on a busy machine have been clean for long.
    processes = max(4, os.cpu_count() or 1)  # more than CPUs, since many tests wait for other programs
    usual = ["--numprocesses", str(processes), "--dist", "worksteal", "--reruns", "1", "-r", "R", *selection]
    arguments = session.posargs or usual
    session.run("python", "-X", "dev", "-m", "pytest", *arguments, env={"PYTHONDEVMODE": "1"})


@nox.session
def tests(session: nox.Session) -> None:
    """Run the whole test suite."""
    install(session, "test", "conformance")
    run_tests(session)


@nox.session(name="tests-lowest", python="3.11")
def tests_lowest(session: nox.Session) -> None:
    """Run all but the slow tests with the lowest versions that pyproject.toml admits; ``-- tests`` runs all."""
    constraints = Path(session.create_tmp()) / "lowest.txt"
    constraints.write_text("\n".join(lowest_versions("test", "conformance")))
    install(session, "test", "conformance", constraints=constraints)
    run_tests(session, *(f"--ignore={path}" for path in SLOW))


@nox.session(name="tests-matrix", python=["3.11", "3.12", "3.13"])
def tests_matrix(session: nox.Session) -> None:
    """Run the tests on each supported Python that is installed."""
    tests(session)


@nox.session
def demo(session: nox.Session) -> None:
    """Run the sample clients against the sandbox, with short-lived tokens and injected faults."""
    install(session, "demo")
    session.run("python", "examples/demo.py")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and docstrings with ruff."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy and pyright, both in strict mode."""
    install(session, "types")
    session.run("mypy")
    session.run("pyright")


@nox.session
def conformance(session: nox.Session) -> None:
    """Run the vendors' own packages, unmodified, and the sample clients against the sandbox."""
    install(session, "test", "conformance")
    pythons = dict(vendor_environment(session, package) for package in VENDORS)
    session.run("python", "-m", "pytest", "tests/conformance", *session.posargs, env=pythons)


@nox.session(name="conformance-apala")
def conformance_apala(session: nox.Session) -> None:
    """Run the conformance tests of Apala, whose package has conflicting pins."""
    install(session, "conformance-apala")
    session.run("python", "-m", "pytest", *glob("tests/conformance/test_apala_*.py"), *session.posargs)


@nox.session(name="conformance-bloomy", python="3.12")
def conformance_bloomy(session: nox.Session) -> None:
    """Run the conformance tests of Bloomy, whose package needs this Python."""
    install(session, "conformance-bloomy")
    session.run("python", "-m", "pytest", *glob("tests/conformance/test_bloomy_*.py"), *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Run the heavy tests at full size, on loopback, for minutes; and draw new cases for the property tests."""
    install(session, "test", "conformance")
    which = ["-m", "soak or hypothesis", "--hypothesis-profile", "soak"]
    session.run("python", "-m", "pytest", *which, *session.posargs)


@nox.session(name="soak-matrix", python=["3.11", "3.12", "3.13"])
def soak_matrix(session: nox.Session) -> None:
    """Start, end and block event loops 200 times each, on each supported Python that is installed."""
    install(session, "test", "conformance")
    session.run("python", "-m", "pytest", "-m", "soak", *glob("tests/soak/test_*lifecycle*.py"), *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure speed as ratios to peer libraries, and count the odd phrases in docstrings."""
    install(session, "bench")
    session.run("python", "-m", "benchmarks.call_cost", *session.posargs)
    session.run("python", "-m", "benchmarks.call_path")
    session.run("python", "-m", "benchmarks.token_storm")
    session.run("python", "-m", "benchmarks.bulk")
    session.run("python", "-m", "benchmarks.prose")


@nox.session
def docs(session: nox.Session) -> None:
    """Generate the API reference from the docstrings, into ``site/``."""
    install(session, "docs", "test")
    modules = ["asdk", *(f"asdk.{name}" for name in ("auth", "middleware", "pagination", "testing"))]
    modules += [f"asdk.clients.{path.parent.name}" for path in sorted(Path("asdk/clients").glob("*/__init__.py"))]
    session.run("pdoc", "--docformat", "google", "--output-directory", "site", *modules)
