"""What is set up and committed: packages, dependencies, the top level, nothing about a machine or a person."""

import configparser
import re
import subprocess
from pathlib import Path

import bas_service

TOP = Path(bas_service.__file__).parent.parent
SETUP = configparser.ConfigParser()
SETUP.read(TOP / "setup.cfg")


def committed() -> list[str]:
    done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP, capture_output=True, text=True)
    return done.stdout.split() if done.returncode == 0 else []


def test_every_package_is_named_in_the_set_up() -> None:
    folders = {".".join(file.parent.relative_to(TOP).parts) for file in (TOP / "bas_service").rglob("__init__.py")}

    named = set(SETUP["options"]["packages"].split())
    assert named == folders | {"bas_service.migrations", "bas_service.migrations.versions"}


def test_every_dependency_has_a_range_and_a_word_on_why_it_is_here() -> None:
    text = (TOP / "setup.cfg").read_text()
    required = text[text.index("install_requires") : text.index("[options.extras_require]")].splitlines()[1:]
    groups = [line.strip() for line in required if line.strip()]

    assert groups[0].startswith("#")
    names = [line for line in groups if not line.startswith("#")]
    # A zone database only ever grows; the others may break us with their next major version.
    assert [name for name in names if not re.search(r">=[\d.]+,<", name)] == ["tzdata"]


def test_the_top_level_holds_what_was_agreed() -> None:
    shown = {path.split("/")[0] for path in committed() if not path.startswith(".")}

    assert (
        shown
        - {
            "README.md",
            "bas_service",
            "migrations",
            "mobile_api_spec",
            "pyproject.toml",
            "setup.cfg",
            "tests",
        }
        == set()
    )


def test_nothing_committed_names_a_machine_or_a_registry() -> None:
    # Spelled apart, so that this file is not among those it finds.
    unwanted = re.compile("|".join(["/wo" + "rk/", "/ro" + "ot/", "py" + "pi\\.org", "npm" + "js\\.(org|com)"]))
    found = [
        path
        for path in committed()
        if (TOP / path).is_file() and unwanted.search((TOP / path).read_text(errors="replace"))
    ]

    assert found == []


def test_telephone_numbers_are_plainly_invented() -> None:
    number = re.compile(r"\+371\s?\d[\d ]{6,9}\d")
    plain = re.compile(r"\+371\s?2000?\s?\d|\+371\s?200|\+371 2X")
    files = [
        path for path in committed() if path.startswith(("tests/", "bas_service/demo/", "README", "mobile_api_spec/"))
    ]
    found = {
        match
        for path in files
        if (TOP / path).is_file() and not path.endswith("test_phone_numbers.py")
        for match in number.findall((TOP / path).read_text(errors="replace"))
        if not plain.match(match)
    }

    assert found == set()
