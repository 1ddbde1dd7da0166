"""The list of children: its order, its pages, its search."""

import base64
import json
import random
from typing import Any

import pytest
from flask import Flask

from tests.builders import House
from tests.callers import Phone, done, invalid, refusal_of
from tests.tables import statements_of

NAMES = ["Ābols", "Apinis", "Cukurs", "Čakste", "Gulbis", "Ģībietis", "Kalniņš", "Kalns", "Ķirsis", "Žube"]


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def register(house: House, supervisor: Phone) -> list[dict[str, Any]]:
    """Ten children in their right order, entered in another."""
    entered = {
        name: house.a_child(supervisor, family_name=name) for name in random.Random(7).sample(NAMES, len(NAMES))
    }
    return [entered[name] for name in NAMES]


def all_pages(phone: Phone, query: str = "", *, limit: int) -> list[list[dict[str, Any]]]:
    """Page after page until there is no next one."""
    pages, following = [], ""
    while True:
        page = done(phone.get(f"children?limit={limit}{query}{following}"))
        pages.append(page["items"])
        if page["next"] is None:
            return pages
        following = f"&cursor={page['next']}"


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 10, 11, 200])
def test_the_pages_hold_everybody_once_in_the_order_of_a_register(
    supervisor: Phone, register: list[dict[str, Any]], limit: int
) -> None:
    pages = all_pages(supervisor, limit=limit)

    assert [child for page in pages for child in page] == register
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert len(pages[-1]) > 0


def test_a_page_is_fifty_long_when_nothing_is_said(house: House, supervisor: Phone) -> None:
    for _ in range(51):
        house.a_child(supervisor)

    page = done(supervisor.get("children"))

    assert len(page["items"]) == 50
    assert page["next"] is not None


def test_namesakes_are_told_apart_by_their_ids(house: House, supervisor: Phone) -> None:
    children = [house.a_child(supervisor) for _ in range(7)]

    pages = all_pages(supervisor, limit=2)

    assert [child for page in pages for child in page] == sorted(children, key=lambda child: child["id"])


def test_who_is_entered_while_somebody_turns_pages_moves_nobody(
    house: House, supervisor: Phone, register: list[dict[str, Any]]
) -> None:
    first = done(supervisor.get("children?limit=5"))
    house.a_child(supervisor, family_name="Aare")
    last = house.a_child(supervisor, family_name="Žubīte")

    rest = done(supervisor.get(f"children?limit=200&cursor={first['next']}"))

    assert first["items"] + rest["items"] == [*register, last]


@pytest.mark.parametrize(
    "name",
    ["Константинопольская-Задунайская", "Ž" * 100, "ΐ" * 100, "𝔄" * 100, "'; DROP TABLE children--"],
    ids=["Cyrillic", "Latvian", "folded into three", "of four bytes", "SQL"],
)
def test_a_long_or_strange_name_on_the_edge_of_a_page_is_no_obstacle(
    house: House, supervisor: Phone, name: str
) -> None:
    children = [house.a_child(supervisor, family_name=name, given_name=name) for _ in range(3)]

    pages = all_pages(supervisor, limit=1)

    assert [child for page in pages for child in page] == sorted(children, key=lambda child: child["id"])


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.5", "ten", "", "1e2", "٣", "9" * 5000])
def test_a_page_has_one_to_two_hundred_entries(supervisor: Phone, limit: str) -> None:
    assert refusal_of(supervisor.get(f"children?limit={limit}")) == invalid("limit")
    assert done(supervisor.get("children?limit=200")) == {"items": [], "next": None}


# The same in each process that collects the tests.
SOME_ID = "0190aaaa-0000-7000-8000-000000000001"


def cursor_of(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%00",
        "é",
        "AAAA",
        "=" * 8,
        cursor_of(None),
        cursor_of({}),
        cursor_of([]),
        cursor_of(["a"]),
        cursor_of(["a", "b"]),
        cursor_of(["a", SOME_ID, "c"]),
        cursor_of(["a", 7]),
        cursor_of([None, SOME_ID]),
        cursor_of([["a"], SOME_ID]),
        cursor_of(["a\0", SOME_ID]),
        cursor_of(["\ud800", SOME_ID]),
        base64.urlsafe_b64encode(b"[" * 300).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_a_cursor_that_we_did_not_make_is_refused(
    supervisor: Phone, register: list[dict[str, Any]], cursor: str
) -> None:
    assert refusal_of(supervisor.get(f"children?cursor={cursor}")) == invalid("cursor")
    good = done(supervisor.get("children?limit=1"))["next"]
    assert done(supervisor.get(f"children?cursor={good}"))["items"] == register[1:]


def test_an_unknown_parameter_is_refused(supervisor: Phone, register: list[dict[str, Any]]) -> None:
    assert refusal_of(supervisor.get("children?sort=age")) == invalid("sort")


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ķirsis", ["Ķirsis"]),
        ("KIRSIS", ["Ķirsis"]),
        ("kirs", ["Ķirsis"]),
        ("abol", ["Ābols"]),
        ("kaln", ["Kalniņš", "Kalns"]),
        ("kalns", ["Kalns"]),
        ("kaln anna", ["Kalniņš", "Kalns"]),
        ("anna kaln", ["Kalniņš", "Kalns"]),
        ("anna peteris", []),
        ("s", ["Ābols", "Apinis", "Cukurs", "Čakste", "Gulbis", "Ģībietis", "Kalniņš", "Kalns", "Ķirsis"]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("'", []),
    ],
)
def test_parts_of_a_name_are_found_without_case_and_diacritics(
    supervisor: Phone, register: list[dict[str, Any]], search: str, found: list[str]
) -> None:
    from urllib.parse import quote

    items = done(supervisor.get(f"children?search={quote(search)}"))["items"]

    assert [child["family_name"] for child in items] == found


def test_a_search_has_pages_too(supervisor: Phone, register: list[dict[str, Any]]) -> None:
    pages = all_pages(supervisor, "&search=kaln", limit=1)

    assert [[child["family_name"] for child in page] for page in pages] == [["Kalniņš"], ["Kalns"]]


def test_a_corrected_name_is_found_and_sorted_under_the_new_one(
    supervisor: Phone, register: list[dict[str, Any]]
) -> None:
    child = register[0]

    done(supervisor.change(f"children/{child['id']}", child, {"family_name": "Ziediņa"}))

    assert done(supervisor.get("children?search=abol"))["items"] == []
    items = done(supervisor.get("children"))["items"]
    assert [child["family_name"] for child in items] == [*NAMES[1:-1], "Ziediņa", "Žube"]


def test_the_order_does_not_depend_on_the_language_of_the_database(house: House) -> None:
    """The keys are made for the order of codes; under another collation č would not stand after c."""
    (column,) = house.sql(
        "SELECT collation_name FROM information_schema.columns"
        " WHERE table_name = 'children' AND column_name = 'sort_key'"
    )
    assert column == {"collation_name": "C"}


def test_a_list_needs_the_same_statements_for_one_child_and_for_three(
    house: House, app: Flask, supervisor: Phone
) -> None:
    counted = []
    for number in (1, 3):
        while len(done(supervisor.get("children"))["items"]) < number:
            house.a_child(supervisor)
        with statements_of(app) as statements:
            assert len(done(supervisor.get("children"))["items"]) == number
        counted.append(len(statements))

    # Who asks, and the children.
    assert counted == [3, 3]
