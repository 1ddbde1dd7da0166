"""The wheel holds everything: installed in an empty environment, far from this folder, the whole story plays."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from bas_service import __version__, schema

PROJECT = Path(__file__).resolve().parents[1]
# What is in these folders goes into the wheel, at these places.
CARRIED = {"bas_service": "bas_service", "migrations": "bas_service/migrations"}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """An empty folder outside the project that the database's system account can reach."""
    with tempfile.TemporaryDirectory(prefix="bas-wheel-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="module")
def wheel(folder: Path) -> Path:
    """The wheel, built from a copy: building leaves folders behind, and old ones would slip into it."""
    copy = folder / "copy"
    copy.mkdir()
    for name in CARRIED:
        shutil.copytree(PROJECT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md"):
        shutil.copy(PROJECT / name, copy / name)
    run(sys.executable, "-m", "build", "--wheel", *at_hand(), "--outdir", folder, copy)
    (built,) = folder.glob("*.whl")
    return built


def at_hand() -> list[str]:
    """Build with this environment's setuptools when it is new enough; else one is fetched for the build alone."""
    try:
        return ["--no-isolation"] if int(version("setuptools").partition(".")[0]) >= 77 else []
    except PackageNotFoundError:
        return []


@pytest.fixture(scope="module")
def installed(folder: Path, wheel: Path) -> Path:
    """The programs of a fresh environment with the wheel; its dependencies are those of this one, no download."""
    home = folder / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", home)
    python = home / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    (site,) = home.glob("lib/python3*/site-packages")
    here = sysconfig.get_paths()
    (site / "dependencies.pth").write_text(f"{here['purelib']}\n{here['platlib']}\n")
    return python.parent


def run(*command: str | Path, **more: str) -> str:
    """What a command says; it must succeed. Nothing tells it where this project is."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | more
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=tempfile.gettempdir(),
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_every_module_migration_text_and_template_is_in_the_wheel(wheel: Path) -> None:
    expected = {
        f"{place}/{file.relative_to(PROJECT / name)}"
        for name, place in CARRIED.items()
        for file in (PROJECT / name).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == expected


def test_the_wheel_s_version_is_the_program_s(wheel: Path) -> None:
    assert wheel.name == f"bas_service-{__version__}-py3-none-any.whl"


def test_the_installed_wheel_makes_its_database_and_plays_the_whole_story(folder: Path, installed: Path) -> None:
    data = folder / "data"
    place = run(installed / "python", "-c", "import bas_service; print(bas_service.__file__)")
    assert place.startswith(str(folder))
    assert run(installed / "bas", "db", "upgrade", BAS_DATA_DIR=str(data)) == (
        f"The schema is at {schema.expected_version()}. It was at nothing.\n"
    )
    said = run(installed / "bas", "demo", "--once", TMPDIR=str(folder))
    assert "Everything as it should be, after " in said.splitlines()[-1]
