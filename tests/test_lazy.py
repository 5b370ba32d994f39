"""`lazy_exports`: names of packages in every form in which Python imports them."""

from __future__ import annotations

import compileall
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import asdk
from asdk.lazy import lazy_exports

PACKAGE = Path(asdk.__file__).parent
MODULES = ["__init__.py", "_version.py", "lazy.py", "errors.py", "redaction.py", "secret.py"]

#: A package like asdk, with few exports.
INIT = """
from typing import TYPE_CHECKING
from asdk._version import __version__ as __version__
from asdk.lazy import lazy_exports

if TYPE_CHECKING or not lazy_exports(globals()):
    from asdk.errors import AsdkError as AsdkError
    from asdk.errors import StatusError as StatusError
"""


def run(path: Path, code: str) -> str:
    """Return the output of code that imports asdk from a path; fail if it comes from anywhere else."""
    code = f"import sys; sys.path.insert(0, {str(path)!r}); import asdk; assert {str(path)!r} in asdk.__file__; {code}"
    result = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_a_zipped_package_resolves_names_lazily(tmp_path: Path) -> None:
    archive = tmp_path / "asdk.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in PACKAGE.rglob("*.py"):
            if "sandbox" not in path.parts and "clients" not in path.parts:
                file.write(path, Path("asdk") / path.relative_to(PACKAGE))
    lazy = "print('asdk.errors' in sys.modules, asdk.NotFoundError.__name__, 'asdk.errors' in sys.modules)"
    assert run(archive, lazy) == "False NotFoundError True"
    assert run(archive, "from asdk.pagination import Offset; print(Offset().offset)") == "offset"
    assert run(archive, "print(sorted(asdk.__all__) == dir(asdk), 'BaseClient' in dir(asdk))") == "True True"


def test_a_package_without_source_imports_its_names_at_once(tmp_path: Path) -> None:
    copy = tmp_path / "asdk"
    copy.mkdir()
    for name in MODULES:
        (copy / name).write_text(INIT if name == "__init__.py" else (PACKAGE / name).read_text())
    assert compileall.compile_dir(copy, quiet=1, legacy=True)
    for path in copy.glob("*.py"):
        path.unlink()
    assert run(tmp_path, "print('asdk.errors' in sys.modules, asdk.StatusError.__name__)") == "True StatusError"


def test_a_package_without_a_file_imports_its_names_at_once() -> None:
    assert lazy_exports({"__name__": "frozen"}) is False
    assert lazy_exports({"__name__": "frozen", "__file__": "/nowhere/frozen/__init__.py"}) is False


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"'asdk'.*'nothing'"):
        _ = asdk.nothing  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
