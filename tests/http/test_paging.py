"""Lists come in pages that together hold everything once, in one order (D24)."""

import base64
import json
import uuid
from datetime import datetime
from typing import Any

import pytest

from bas_service.errors import InvalidRequest
from bas_service.http.paging import page_of, read_cursor
from tests.builders import House, at, soon
from tests.callers import Phone, done, invalid, refusal_of


def spelled(parts: Any) -> str:
    """A cursor made of these parts."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def pages(phone: Phone, path: str, limit: int) -> list[list[dict[str, Any]]]:
    """All pages of a list, each got with the cursor of the one before."""
    found, cursor = [], ""
    while True:
        page = done(phone.get(f"{path}?limit={limit}{cursor}"))
        assert set(page) == {"items", "next"}
        found.append(page["items"])
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


@pytest.mark.parametrize(
    ("limit", "sizes"), [(1, [1] * 6), (2, [2, 2, 2]), (4, [4, 2]), (5, [5, 1]), (6, [6]), (200, [6])]
)
def test_all_pages_together_hold_everything_once(house: House, limit: int, sizes: list[int]) -> None:
    supervisor = house.a_supervisor()
    # Twins of one name, and names that only a Latvian register tells apart.
    for name in ("Āboliņa", "Abols", "Čakste", "Cakste", "Žagars", "Žagars"):
        house.a_child(supervisor, family_name=name)

    found = pages(supervisor, "children", limit)

    assert [len(page) for page in found] == sizes
    everything = done(supervisor.get("children"))["items"]
    assert [child for page in found for child in page] == everything
    assert len({child["id"] for child in everything}) == 6


def test_what_comes_or_goes_between_two_pages_neither_repeats_nor_hides_the_rest(house: House) -> None:
    supervisor = house.a_supervisor()
    for name in ("B", "D", "F"):
        house.a_child(supervisor, family_name=name)
    first = done(supervisor.get("children?limit=2"))

    house.a_child(supervisor, family_name="A")
    house.a_child(supervisor, family_name="E")
    last = first["items"][-1]
    done(supervisor.change(f"children/{last['id']}", last, {"family_name": "Z"}))
    rest = done(supervisor.get(f"children?limit=3&cursor={first['next']}"))

    assert [child["family_name"] for child in first["items"]] == ["B", "D"]
    assert [child["family_name"] for child in rest["items"]] == ["E", "F", "Z"]
    assert rest["next"] is None


def test_meetings_at_the_same_moment_are_told_apart_by_their_ids(house: House) -> None:
    supervisor = house.a_supervisor()
    for _ in range(3):
        specialist = house.a_specialist(supervisor)
        house.a_meeting(specialist, house.a_family(supervisor, specialist)["child"], starts_at=at(soon(hours=30)))

    found = [meeting["id"] for page in pages(supervisor, "meetings", 1) for meeting in page]

    assert found == sorted(found)
    assert len(set(found)) == 3


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.5", "", "ten", "9" * 5000, "٣"])
def test_a_page_holds_from_1_to_200(house: House, limit: str) -> None:
    supervisor = house.a_supervisor()

    for path in ("children", "meetings"):
        assert refusal_of(supervisor.get(f"{path}?limit={limit}")) == invalid("limit")
        done(supervisor.get(f"{path}?limit=200"))


STRANGE = [
    "x", "", "%20", "====", "ā", "%00", spelled([]), spelled({}), spelled(None), spelled(7), spelled("aa"),
    spelled(["a"]), spelled(["a", "b", "c"]), spelled(["a", 7]), spelled([None, None]), spelled(["a", "no-uuid"]),
    spelled(["\0", str(uuid.UUID(int=7))]), spelled(["\ud800", str(uuid.UUID(int=7))]),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(), base64.urlsafe_b64encode(b"[" * 2900).decode(), "A" * 4001,
]  # fmt: skip


@pytest.mark.parametrize("cursor", STRANGE)
def test_a_cursor_that_we_did_not_make_is_refused(house: House, cursor: str) -> None:
    supervisor = house.a_supervisor()

    for path in ("children", "meetings"):
        assert refusal_of(supervisor.get(f"{path}?cursor={cursor}")) == invalid("cursor")


@pytest.mark.parametrize(
    "moment", ["2026-03-02", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "20260302"]
)
def test_a_cursor_s_moment_may_be_as_strange_as_python_reads_it(house: House, moment: str) -> None:
    cursor = spelled([moment, str(uuid.UUID(int=7))])

    assert house.a_supervisor().get(f"meetings?cursor={cursor}").status_code in {200, 422}


def test_a_cursor_is_read_part_by_part() -> None:
    moment, one = datetime.fromisoformat("2026-03-02T13:00:00+00:00"), uuid.UUID(int=7)
    page = page_of(
        [{"starts_at": moment, "id": one}, {"starts_at": moment, "id": uuid.UUID(int=8)}], 1, "starts_at", "id"
    )

    assert page == {"items": [{"starts_at": moment, "id": one}], "next": page["next"]}
    assert read_cursor(page["next"], datetime.fromisoformat, uuid.UUID) == [moment, one]
    assert read_cursor(None, str) is None
    with pytest.raises(InvalidRequest) as refusal:
        read_cursor(page["next"], str, str, str)
    assert refusal.value.members == {"errors": [("cursor", "cursor-unusable")]}


def test_the_last_page_has_nothing_after_it() -> None:
    found = [{"id": number} for number in range(3)]

    assert page_of(found, 3, "id") == {"items": found, "next": None}
    assert page_of([], 3, "id") == {"items": [], "next": None}


def test_the_longest_name_still_fits_a_cursor(house: House) -> None:
    # Each letter of it takes most bytes, and a register's key holds it twice.
    supervisor = house.a_supervisor()
    for _ in range(2):
        house.a_child(supervisor, given_name="𐐀" * 100, family_name="ﷺ" * 100)

    assert [len(page) for page in pages(supervisor, "children", 1)] == [1, 1]
