"""What is said to be met of OWASP ASVS names tests that are there."""

import re

from tests.the_house.sources import ROOT


def rows() -> list[list[str]]:
    """The table's rows: chapter, requirement, met, by what, tested in."""
    lines = (ROOT / "tests" / "the_house" / "ASVS.md").read_text().splitlines()
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if re.match(r"\| V\d", line)]


def test_every_test_that_a_requirement_relies_on_is_there() -> None:
    named = {name.removeprefix("tests/") for row in rows() for name in re.findall(r"`([^`]+)`", row[4])}

    assert {name for name in named if not (ROOT / "tests" / name).exists()} == set()
    assert len(named) > 20


def test_what_is_met_says_by_what_and_what_is_not_says_why() -> None:
    assert {row[2] for row in rows()} <= {"yes", "part", "no"}
    assert [row[1] for row in rows() if not row[3] or (row[2] == "yes" and not row[4])] == []
