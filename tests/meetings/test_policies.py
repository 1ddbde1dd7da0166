"""The dated policy of meetings: what it says first, how a new one is prepared and taken back (D26)."""

import copy
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError

from bas_service import clock
from bas_service.database import transaction
from bas_service.meetings import policies
from tests.builders import House
from tests.callers import Phone, at_once, done, invalid, refusal_of
from tests.tables import statements_of


def day(days: int) -> str:
    """A day some days from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


@pytest.fixture
def coordinator(house: House) -> Phone:
    """Somebody who makes policies."""
    return house.a_coordinator()


WORKDAY = {"from": "08:00", "until": "18:00"}
HOURS = {str(weekday): WORKDAY if weekday < 6 else None for weekday in range(1, 8)}
FIRST = {
    "id": "01900000-0000-7000-8000-000000000041",
    "valid_from": "2025-01-01",
    "short_notice_minutes": 60,
    "correction_days": 7,
    "office_hours": HOURS,
    "week_limit": {"appointments": 5, "hours": 8, "days_in_a_row": 3},
    "repeat_ahead_days": 56,
    "tell_ahead_days": 7,
}
REASONS = [
    {"key": "ill", "text": {"lv": "Slims", "en": "Ill", "ru": "Болен"}, "note_needed": False},
    {"key": "other", "text": {"lv": "Cits", "en": "Other", "ru": "Другое"}, "note_needed": True},
]


def test_everybody_sees_the_first_policy_of_meetings(house: House, coordinator: Phone) -> None:
    for phone in (house.a_specialist(house.a_supervisor()), coordinator, house.an_administrator()):
        (first,) = done(phone.get("meeting-policies"))["items"]
        reasons = {kind: first.pop(f"{kind}_reasons") for kind in ("cancel", "miss")}
        assert first == FIRST | {"created_at": first["created_at"]}
        shared = ["child_ill", "child_refused", "representative_cancelled", "specialist_ill", "institution_moved"]
        shared += ["weather_or_transport"]
        assert {kind: [one["key"] for one in offered] for kind, offered in reasons.items()} == {
            "cancel": [*shared, "planned_by_mistake", "other"],
            "miss": ["child_did_not_come", *shared, "other"],
        }
        needing = [one["key"] for offered in reasons.values() for one in offered if one["note_needed"]]
        assert needing == ["other", "other"]


def test_what_is_left_out_of_a_policy_of_meetings_stays_as_it_would_be_on_that_day(coordinator: Phone) -> None:
    (first,) = done(coordinator.get("meeting-policies"))["items"]
    weekend = HOURS | {"6": {"from": "10:00", "until": "14:30"}}
    later = done(coordinator.post("meeting-policies", {"valid_from": day(10), "office_hours": weekend}))
    latest = done(coordinator.post("meeting-policies", {"valid_from": day(20), "miss_reasons": REASONS}))
    sooner = done(coordinator.post("meeting-policies", {"valid_from": day(5)}))

    def changed(policy: dict[str, Any], **values: Any) -> dict[str, Any]:
        return first | {name: policy[name] for name in ("id", "created_at", "valid_from")} | values

    assert later == changed(later, office_hours=weekend)
    assert latest == changed(latest, office_hours=weekend, miss_reasons=REASONS)
    assert sooner == changed(sooner)
    assert done(coordinator.get("meeting-policies"))["items"] == [latest, later, sooner, first]


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"valid_from": day(-1)}, ["/valid_from"]),
        ({"short_notice_minutes": 0}, ["/short_notice_minutes"]),
        ({"correction_days": 91}, ["/correction_days"]),
        ({"cancel_reasons": []}, ["/cancel_reasons"]),
        ({"cancel_reasons": [REASONS[0], REASONS[0]]}, ["/cancel_reasons"]),
        ({"miss_reasons": [REASONS[0], REASONS[1] | {"key": "ill"}]}, ["/miss_reasons"]),
        ({"miss_reasons": [REASONS[0] | {"key": "Is Ill"}]}, ["/miss_reasons/0/key"]),
        ({"miss_reasons": [REASONS[0] | {"text": {"lv": "a", "en": "b"}}]}, ["/miss_reasons/0/text/ru"]),
        ({"office_hours": {}}, [f"/office_hours/{weekday}" for weekday in range(1, 8)]),
        ({"office_hours": HOURS | {"8": WORKDAY}}, ["/office_hours/8"]),
        ({"office_hours": HOURS | {"1": {"from": "8:00", "until": "18:00"}}}, ["/office_hours/1/from"]),
        ({"office_hours": HOURS | {"1": {"from": "08:00", "until": "24:00"}}}, ["/office_hours/1/until"]),
        ({"office_hours": HOURS | {"1": {"from": "08:00\n", "until": "18:00"}}}, ["/office_hours/1/from"]),
        ({"office_hours": HOURS | {"3": {"from": "18:00", "until": "18:00"}}}, ["/office_hours/3/until"]),
        ({"week_limit": {"appointments": 0, "hours": 8}}, ["/week_limit/appointments", "/week_limit/days_in_a_row"]),
        ({"repeat_ahead_days": 6}, ["/repeat_ahead_days"]),
        ({"tell_ahead_days": 57}, ["/tell_ahead_days"]),
    ],
)
def test_a_policy_of_meetings_that_makes_no_sense_is_refused(
    coordinator: Phone, change: dict[str, Any], places: list[str]
) -> None:
    form = {"valid_from": day(1), "office_hours": copy.deepcopy(HOURS), "cancel_reasons": REASONS}

    assert refusal_of(coordinator.post("meeting-policies", form | change)) == invalid(*places)
    assert len(done(coordinator.get("meeting-policies"))["items"]) == 1
    done(coordinator.post("meeting-policies", form))


def test_a_day_belongs_to_one_policy_of_meetings_also_when_two_are_made_at_once(coordinator: Phone) -> None:
    answers = at_once(*[lambda: coordinator.post("meeting-policies", {"valid_from": day(1)})] * 4)

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert refusal_of(coordinator.post("meeting-policies", {"valid_from": day(1)})) == {"type": "policy-date-taken"}
    done(coordinator.post("meeting-policies", {"valid_from": day(2)}))


def test_a_prepared_policy_of_meetings_is_taken_back_and_one_in_force_is_not(
    house: House, coordinator: Phone
) -> None:
    in_force = house.a_meeting_policy(coordinator)
    prepared = house.a_meeting_policy(coordinator, valid_from=day(1))
    administrator = house.an_administrator()

    answer = done(administrator.post(f"meeting-policies/{prepared['id']}/withdraw"))

    assert answer == {
        "id": prepared["id"],
        "kind": "meeting",
        "valid_from": day(1),
        "withdrawn_at": answer["withdrawn_at"],
        "withdrawn_by": str(administrator.account_id),
    }
    again = coordinator.post(f"meeting-policies/{prepared['id']}/withdraw")
    assert refusal_of(again) == {"type": "not-found"}
    begun = coordinator.post(f"meeting-policies/{in_force['id']}/withdraw")
    assert refusal_of(begun) == {"type": "policy-begun"}
    # Each kind has a door of its own.
    tomorrow = house.a_meeting_policy(coordinator, valid_from=day(1))
    assert refusal_of(coordinator.post(f"load-policies/{tomorrow['id']}/withdraw")) == {"type": "not-found"}


def test_the_policy_of_meetings_of_a_day_is_found_by_that_day_in_one_statement(
    house: House, app: Flask, coordinator: Phone
) -> None:
    house.a_meeting_policy(coordinator, valid_from=day(2), short_notice_minutes=90)

    def found(days: int) -> int:
        return policies.policy_on(clock.today() + timedelta(days=days)).short_notice_minutes

    with app.app_context(), transaction():
        assert {days: found(days) for days in (0, 1, 2, 900)} == {0: 60, 1: 60, 2: 90, 900: 90}
        with statements_of(app) as statements:
            found(0)
    assert len(statements) == 1


@pytest.mark.parametrize(
    "values",
    [
        {"cancel_reasons": "'[]'"},
        {"miss_reasons": "'{}'"},
        {"office_hours": "office_hours - '7'"},
        {"week_limit": "week_limit - 'hours'"},
        {"tell_ahead_days": "0"},
        {"tell_ahead_days": "repeat_ahead_days + 1"},
        {"correction_days": "-1"},
        {"short_notice_minutes": "0"},
    ],
)
def test_the_database_takes_no_policy_of_meetings_with_a_gap(house: House, values: dict[str, str]) -> None:
    names = (
        "short_notice_minutes",
        "correction_days",
        "cancel_reasons",
        "miss_reasons",
        "office_hours",
        "week_limit",
    )
    names += ("repeat_ahead_days", "tell_ahead_days")

    def insert(**changed: str) -> None:
        taken = ", ".join(changed.get(name, name) for name in names)
        house.sql(
            f"INSERT INTO meeting_policies SELECT gen_random_uuid(), '2030-01-01', {taken}, now(), :id"
            " FROM meeting_policies",
            id=author,
        )

    author = house.an_administrator().account_id
    with pytest.raises(DBAPIError) as refused:
        insert(**values)
    assert refused.value.orig.sqlstate == "23514"
    insert()
