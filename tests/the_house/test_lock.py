"""What production installs is exact, has hashes, comes from nowhere in particular, and is what setup.cfg asks for."""

import configparser
import re
import tomllib
from functools import cache

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.the_house.sources import ROOT

FILES = {"requirements.txt", "embedded.txt"}
PIN = re.compile(
    r"(?P<name>[\w.-]+)==(?P<version>[\w.]+)"
    r"(?: ; [^\\#]+?)?"  # for whom, where it is not for all
    r"(?: --hash=sha256:[0-9a-f]{64})+"
)


@cache
def entries(file: str) -> list[str]:
    """The lines of a lock file, those broken by a backslash put together, comments left out."""
    text = re.sub(r" *\\\n *", " ", (ROOT / ".deploy" / file).read_text())
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def locked(file: str) -> dict[str, Version]:
    """The versions in a lock file, by their names."""
    pins = [PIN.fullmatch(entry) for entry in entries(file)]
    return {canonicalize_name(pin["name"]): Version(pin["version"]) for pin in pins if pin}


def asked_for() -> dict[str, list[Requirement]]:
    """What each of the files must satisfy."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    sections = {
        "requirements.txt": setup["options"]["install_requires"].split("\n") + build,
        "embedded.txt": setup["options.extras_require"]["embedded"].split("\n"),
    }
    return {
        file: [Requirement(line) for line in lines if line and not line.startswith("#")]
        for file, lines in sections.items()
    }


@pytest.mark.parametrize("file", sorted(FILES))
def test_every_library_asked_for_is_locked_to_a_version_in_its_range(file: str) -> None:
    versions = locked(file)
    wanting = {
        str(requirement): versions.get(canonicalize_name(requirement.name))
        for requirement in asked_for()[file]
        if canonicalize_name(requirement.name) not in versions
        or not requirement.specifier.contains(versions[canonicalize_name(requirement.name)])
    }

    assert len(asked_for()[file]) > 0
    assert wanting == {}, "run .ci/lock"


@pytest.mark.parametrize("file", sorted(FILES))
def test_every_line_is_an_exact_version_with_hashes_and_nothing_else(file: str) -> None:
    """Not one that names a host: from where it is fetched is decided where it is installed."""
    assert [entry for entry in entries(file) if not PIN.fullmatch(entry)] == ["--only-binary :all:"]
    assert len(locked(file)) == len(entries(file)) - 1


def test_no_version_stands_in_two_places() -> None:
    one, other = (set(locked(file)) for file in sorted(FILES))

    assert one & other == set()
    assert {file.name for file in (ROOT / ".deploy").iterdir()} == FILES


def test_what_comes_along_with_an_extra_of_a_library_is_locked_too() -> None:
    """psycopg brings its own libpq only so; without it PostgreSQL's would have to be there."""
    assert {"psycopg", "psycopg-binary"} <= set(locked("requirements.txt"))
