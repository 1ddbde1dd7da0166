"""The waiting list: by priority, then whoever waits longest; who gets a case leaves it for good (D1)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bas_service import clock
from tests.builders import House
from tests.callers import Phone, done, invalid, refusal_of
from tests.tables import statements_of


@pytest.fixture
def supervisor(house: House) -> Phone:
    """Somebody who assigns."""
    return house.a_supervisor()


def ago(days: int) -> str:
    return (clock.today() - timedelta(days=days)).isoformat()


def waiting(phone: Phone, query: str = "") -> list[dict[str, Any]]:
    return done(phone.get(f"waiting-list{query}"))["items"]


def names(phone: Phone, query: str = "") -> list[str]:
    return [line["given_name"] for line in waiting(phone, query)]


def put_off(phone: Phone, referral: dict[str, Any]) -> dict[str, Any]:
    return done(phone.act(f"referrals/{referral['id']}/wait", referral))


def test_each_child_stands_there_with_what_it_waits_for_and_how_long_it_has(house: House, supervisor: Phone) -> None:
    entered = house.a_child(supervisor, given_name="Gaida", municipality="LV-VEN", language="ru")
    accepted = house.an_accepted_referral(supervisor, received_on=ago(30), priority="high")
    postponed = put_off(supervisor, house.a_referral(supervisor, received_on=ago(7), birth_date=None))

    rest = {"family_name": "Izdomātais", "municipality": "LV-RIX", "language": "lv", "given_name": "Jānis"}
    assert waiting(supervisor) == [
        rest
        | {
            "waits_for": "case",
            "child_id": accepted["child_id"],
            "referral": {"id": accepted["id"], "version": accepted["version"]},
            "age": 12,
            "priority": "high",
            "waiting_since": ago(30),
            "waiting_days": 30,
        },
        rest
        | {
            "waits_for": "decision",
            "child_id": None,
            "referral": {"id": postponed["id"], "version": postponed["version"]},
            "age": None,
            "priority": "normal",
            "waiting_since": ago(7),
            "waiting_days": 7,
        },
        {
            "waits_for": "case",
            "child_id": entered["id"],
            "referral": None,
            "given_name": "Gaida",
            "family_name": "Izdomāta",
            "age": 12,
            "municipality": "LV-VEN",
            "language": "ru",
            "priority": "normal",
            "waiting_since": ago(0),
            "waiting_days": 0,
        },
    ]
    assert waiting(house.a_coordinator()) == waiting(house.a_supervisor()) == waiting(supervisor)


@pytest.fixture
def queue(house: House, supervisor: Phone) -> list[str]:
    """Children of every priority who came on different days, in their right order."""
    for name, priority, days, municipality in (
        ("Vakar", "normal", 1, "LV-RIX"),
        ("Steidzami", "urgent", 0, "LV-RIX"),
        ("Sen", "normal", 400, "LV-VEN"),
        ("Drīz", "high", 3, "LV-VEN"),
        ("Drīzāk", "high", 90, "LV-RIX"),
    ):
        house.an_accepted_referral(
            supervisor, given_name=name, priority=priority, received_on=ago(days), municipality=municipality
        )
    return ["Steidzami", "Drīzāk", "Drīz", "Sen", "Vakar"]


def test_the_most_urgent_come_first_and_among_equals_whoever_waits_longest(
    supervisor: Phone, queue: list[str]
) -> None:
    assert names(supervisor) == queue
    assert names(supervisor, "?municipality=LV-VEN") == ["Drīz", "Sen"]
    assert names(supervisor, "?municipality=LV-DGV") == []


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 200])
def test_its_pages_hold_everybody_once(supervisor: Phone, queue: list[str], limit: int) -> None:
    found: list[str] = []
    following = ""
    while following is not None:
        page = done(supervisor.get(f"waiting-list?limit={limit}{following}"))
        found += [line["given_name"] for line in page["items"]]
        following = page["next"] and f"&cursor={page['next']}"

    assert found == queue


def test_twins_who_came_on_the_same_day_are_told_apart_by_their_ids(house: House, supervisor: Phone) -> None:
    ids = sorted(house.an_accepted_referral(supervisor)["child_id"] for _ in range(3))

    first = done(supervisor.get("waiting-list?limit=2"))
    rest = done(supervisor.get(f"waiting-list?limit=2&cursor={first['next']}"))

    assert [line["child_id"] for line in first["items"] + rest["items"]] == ids


@pytest.mark.parametrize("wrong", ["municipality=LV-001", "limit=0", "cursor=x", "state=waiting"])
def test_what_cannot_be_asked_for_is_refused(supervisor: Phone, wrong: str) -> None:
    assert refusal_of(supervisor.get(f"waiting-list?{wrong}")) == invalid(wrong.partition("=")[0])


@pytest.mark.parametrize(
    "cursor",
    [
        "WyIwIiwgIjIwMjYtMDEtMDEiLCAiMDE5MGFhYWEtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAxIl0=",  # rank 0
        "WyIxMCIsICIyMDI2LTAxLTAxIiwgIjAxOTBhYWFhLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMSJd",  # rank 10
        "WyIxIiwgIjIwMjYtMDItMzAiLCAiMDE5MGFhYWEtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAxIl0=",  # 30 February
    ],
)
def test_a_cursor_that_we_did_not_make_is_refused(supervisor: Phone, queue: list[str], cursor: str) -> None:
    assert refusal_of(supervisor.get(f"waiting-list?cursor={cursor}")) == invalid("cursor")


def test_a_priority_changed_on_the_list_moves_the_child(supervisor: Phone, queue: list[str]) -> None:
    last = waiting(supervisor)[-1]["referral"]

    done(supervisor.change(f"referrals/{last['id']}", last, {"priority": "urgent"}))

    assert names(supervisor) == ["Vakar", "Steidzami", "Drīzāk", "Drīz", "Sen"]
    assert refusal_of(supervisor.change(f"referrals/{last['id']}", last, {"priority": "high"}))["type"] == (
        "version-stale"
    )


def test_who_gets_a_case_leaves_the_list_and_does_not_come_back_when_it_closes(
    house: House, supervisor: Phone
) -> None:
    accepted = house.an_accepted_referral(supervisor)
    entered = house.a_child(supervisor)
    for child_id in (accepted["child_id"], entered["id"]):
        case = house.a_case(supervisor, {"id": child_id}, house.a_specialist(supervisor))
        assert child_id not in {line["child_id"] for line in waiting(supervisor)}
        done(supervisor.act(f"cases/{case['id']}/close", case, {"reason": "goal_reached", "outcome": "good"}))

    assert waiting(supervisor) == waiting(house.a_coordinator()) == []
    (row,) = house.sql("SELECT waited_until = (SELECT min(opened_at) FROM cases) AS until_the_case FROM referrals")
    assert row == {"until_the_case": True}


@pytest.mark.parametrize("reopened", [False, True])
def test_a_child_that_is_referred_again_waits_again_for_those_who_see_it(
    house: House, supervisor: Phone, *, reopened: bool
) -> None:
    child = house.a_child(supervisor)
    case = house.a_case(supervisor, child, house.a_specialist(supervisor))
    done(supervisor.act(f"cases/{case['id']}/close", case, {"reason": "goal_reached", "outcome": "good"}))

    again = house.an_accepted_referral(supervisor, child=child, received_on=ago(2))

    assert [(line["child_id"], line["waiting_days"]) for line in waiting(supervisor)] == [(child["id"], 2)]
    # Its file is the former team's still, and nobody else's because of a new referral.
    other = house.a_supervisor()
    assert waiting(other) == waiting(house.a_coordinator()) == []
    assert refusal_of(other.get(f"referrals/{again['id']}")) == {"type": "not-found"}
    if reopened:
        closed = done(supervisor.get(f"cases/{case['id']}"))
        done(supervisor.act(f"cases/{case['id']}/reopen", closed, {"reason": "Again"}))
    else:
        house.a_case(supervisor, child, house.a_specialist(supervisor))
    assert waiting(supervisor) == []


def test_of_several_referrals_of_a_child_the_most_urgent_counts_and_the_time_since_the_first(
    house: House, supervisor: Phone
) -> None:
    first = house.an_accepted_referral(supervisor, received_on=ago(50))
    child = {"id": first["child_id"]}
    house.an_accepted_referral(supervisor, child=child, received_on=ago(20), priority="high")
    urgent = house.an_accepted_referral(supervisor, child=child, received_on=ago(10), priority="urgent")

    (line,) = waiting(supervisor)

    assert (line["priority"], line["waiting_since"], line["waiting_days"]) == ("urgent", ago(50), 50)
    assert line["referral"] == {"id": urgent["id"], "version": urgent["version"]}


def test_who_was_put_off_is_on_the_list_until_something_else_is_decided(house: House, supervisor: Phone) -> None:
    declined, accepted, withdrawn = (
        put_off(supervisor, house.a_screened_referral(supervisor, given_name=name)) for name in ("A", "B", "C")
    )
    assert sorted(names(supervisor)) == ["A", "B", "C"]

    done(supervisor.act(f"referrals/{declined['id']}/decline", declined, {"reason": "other"}))
    done(supervisor.act(f"referrals/{accepted['id']}/accept", accepted))
    done(supervisor.act(f"referrals/{withdrawn['id']}/withdraw", withdrawn))

    assert [(line["given_name"], line["waits_for"]) for line in waiting(supervisor)] == [("B", "case")]


def test_days_begin_at_midnight_in_riga(house: House, supervisor: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    house.a_child(supervisor)
    # Half past midnight in Riga, and still the day before in Greenwich.
    since = datetime(2026, 1, 10, 0, 30, tzinfo=clock.RIGA)
    house.sql("UPDATE children SET created_at = :since", since=since)
    house.an_accepted_referral(supervisor, received_on="2026-01-10")
    counted = []
    for moment in (datetime(2026, 1, 11, 23, 59, tzinfo=clock.RIGA), datetime(2026, 1, 12, 0, 1, tzinfo=clock.RIGA)):
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        counted.append([line["waiting_days"] for line in waiting(house.a_supervisor())])

    assert counted == [[1, 1], [2, 2]]


def test_the_list_takes_as_many_statements_with_three_as_with_one(house: House, supervisor: Phone) -> None:
    counted = []
    for _ in range(2):
        house.an_accepted_referral(supervisor)
        with statements_of(house.app) as found:
            supervisor.get("waiting-list")
        counted.append(len(found))
        house.a_child(supervisor)

    assert counted[0] == counted[1]
    assert len(waiting(supervisor)) == 4
