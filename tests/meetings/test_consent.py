"""Nobody takes a child to an institution without a representative's consent (D7)."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from bas_service import clock
from tests.builders import House, at, soon
from tests.callers import Phone, done, refusal_of

TO_A_DOCTOR = {"institution": "Rīgas 1. slimnīca", "purpose": "A talk with the doctor"}
MISSING = {"type": "consent-missing"}
BASIS = {"reason": "Custody interrupted", "basis": "Decision 7"}


def day(days: int) -> str:
    """A day some days from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def specialist(house: House, supervisor: Phone) -> Phone:
    """A specialist."""
    return house.a_specialist(supervisor)


@pytest.fixture
def family(house: House, supervisor: Phone, specialist: Phone) -> dict[str, Any]:
    """A family that the specialist works with; no consent yet."""
    return house.a_family(supervisor, specialist)


@pytest.fixture
def accompaniment(house: House, family: dict[str, Any]) -> dict[str, Any]:
    """What a phone sends to plan to take the child to a doctor, tomorrow."""
    return house.meeting_form(family["child"], kind="accompaniment", accompaniment=TO_A_DOCTOR)


@pytest.mark.parametrize(
    "more",
    [
        {"scope": "transport"},
        {"institution": "Rīgas 2. slimnīca"},
        {"institution": "Rīgas 1."},
        {"valid_until": day(0)},
    ],
)
def test_a_consent_that_does_not_cover_the_way_is_as_good_as_none(
    house: House,
    supervisor: Phone,
    specialist: Phone,
    family: dict[str, Any],
    accompaniment: dict[str, Any],
    more: dict[str, Any],
) -> None:
    assert refusal_of(specialist.post("meetings", accompaniment)) == MISSING
    house.a_consent(supervisor, family["representative"], **more)
    assert refusal_of(specialist.post("meetings", accompaniment)) == MISSING
    assert house.sql("SELECT * FROM messages") == []
    house.a_consent(supervisor, family["representative"])
    assert done(specialist.post("meetings", accompaniment))["kind"] == "accompaniment"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"institution": "Rīgas 1. slimnīca", "valid_until": day(2)},
        {"institution": "RIGAS 1. SLIMNICA"},
        {"institution": "rīgas 1. Slimnīca"},
        {"institution": "Rīgas  1.   slimnīca"},
    ],
)
def test_a_consent_covers_the_institution_whatever_its_spelling(
    house: House,
    supervisor: Phone,
    specialist: Phone,
    family: dict[str, Any],
    accompaniment: dict[str, Any],
    more: dict[str, Any],
) -> None:
    house.a_consent(supervisor, family["representative"], **more)

    done(specialist.post("meetings", accompaniment))


def test_a_consent_lasts_through_its_last_day_in_riga(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], accompaniment: dict[str, Any]
) -> None:
    house.a_consent(supervisor, family["representative"], valid_until=day(2))
    midnight = datetime.combine(clock.today() + timedelta(days=3), time(0), tzinfo=clock.RIGA)

    on_the_next_day = accompaniment | {"starts_at": at(midnight)}
    assert refusal_of(specialist.post("meetings", on_the_next_day)) == MISSING
    on_the_last = accompaniment | {"starts_at": at(midnight - timedelta(minutes=1))}
    done(specialist.post("meetings", on_the_last))


def test_a_session_needs_no_consent(house: House, specialist: Phone, family: dict[str, Any]) -> None:
    house.a_meeting(specialist, family["child"], transport="private_car")


def test_a_withdrawn_consent_covers_nothing_more(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], accompaniment: dict[str, Any]
) -> None:
    consent = house.a_consent(supervisor, family["representative"])
    planned = done(specialist.post("meetings", accompaniment))
    done(specialist.act(f"consents/{consent['id']}/withdraw", consent))
    another = accompaniment | {"starts_at": at(soon(hours=72))}

    assert refusal_of(specialist.post("meetings", another)) == MISSING
    # What was planned before is not started either, however well it was announced.
    house.hand_over_messages()
    assert refusal_of(specialist.act(f"meetings/{planned['id']}/start", planned, {})) == MISSING
    house.a_consent(supervisor, family["representative"])
    done(specialist.post("meetings", another))
    done(specialist.act(f"meetings/{planned['id']}/start", planned, {}))


def let_it_be_planned_for(house: House, meeting: dict[str, Any], starts_at: datetime) -> None:
    """A request cannot plan in the past: the planned time is moved there."""
    house.sql(
        "UPDATE meetings SET starts_at = :at, ends_at = :at + expected_minutes * interval '1 minute' WHERE id = :id",
        at=starts_at,
        id=meeting["id"],
    )


def let_the_consent_be_older(house: House) -> None:
    """Everything was agreed and planned long ago, and the consent ends two days earlier than was said."""
    house.sql("UPDATE consents SET given_at = given_at - interval '9 days', valid_until = valid_until - 2")
    house.sql("UPDATE representatives SET valid_from = valid_from - 9")
    house.sql("UPDATE meetings SET created_at = created_at - interval '9 days'")


def test_who_starts_on_another_day_than_planned_needs_a_consent_for_that_day(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], accompaniment: dict[str, Any]
) -> None:
    """Planned for the consent's last day, started on the next one, without a word to anybody."""
    consent = house.a_consent(supervisor, family["representative"], valid_until=day(1))
    planned = done(specialist.post("meetings", accompaniment))
    let_it_be_planned_for(house, planned, soon(hours=-24))
    let_the_consent_be_older(house)
    house.hand_over_messages()

    assert refusal_of(specialist.act(f"meetings/{planned['id']}/start", planned, {})) == MISSING
    house.sql("UPDATE consents SET valid_until = valid_until + 1 WHERE id = :id", id=consent["id"])
    done(specialist.act(f"meetings/{planned['id']}/start", planned, {}))


def test_who_starts_before_the_day_from_which_the_guardian_represents_the_child_has_no_consent(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], accompaniment: dict[str, Any]
) -> None:
    guardian = house.a_representative(supervisor, family["child"], valid_from=day(1))
    house.a_consent(supervisor, guardian)
    planned = done(specialist.post("meetings", accompaniment))
    why = {"unannounced_reason": "The doctor asked us to come earlier"}

    assert refusal_of(specialist.act(f"meetings/{planned['id']}/start", planned, why)) == MISSING
    done(supervisor.change(f"representatives/{guardian['id']}", guardian, {"valid_from": day(0)}))
    let_it_be_planned_for(house, planned, soon(hours=1))
    done(specialist.act(f"meetings/{planned['id']}/start", planned, why))


def test_a_start_that_an_offline_phone_reports_later_needs_a_consent_for_the_day_of_the_start(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], accompaniment: dict[str, Any]
) -> None:
    """The consent ended yesterday; so long ago, the phone says, the way began."""
    house.a_consent(supervisor, family["representative"], valid_until=day(1))
    planned = done(specialist.post("meetings", accompaniment))
    yesterday = datetime.combine(clock.today() - timedelta(days=1), time(12), tzinfo=clock.RIGA)
    let_it_be_planned_for(house, planned, yesterday)
    let_the_consent_be_older(house)
    path, why = f"meetings/{planned['id']}/start", {"unannounced_reason": "She knew"}

    assert refusal_of(specialist.act(path, planned, why)) == MISSING
    started = done(specialist.act(path, planned, why | {"on_phone_at": at(yesterday)}))
    assert datetime.fromisoformat(started["started_at"]) == yesterday


@pytest.mark.parametrize("period", [{"valid_until": day(0)}, {"valid_from": day(5)}])
def test_a_consent_of_somebody_who_does_not_represent_the_child_that_day_covers_nothing(
    house: House,
    supervisor: Phone,
    specialist: Phone,
    family: dict[str, Any],
    accompaniment: dict[str, Any],
    period: dict[str, Any],
) -> None:
    guardian = house.a_representative(supervisor, family["child"], **period)
    house.a_consent(supervisor, guardian)

    assert refusal_of(specialist.post("meetings", accompaniment)) == MISSING
    always = {"valid_from": day(-5), "valid_until": None}
    done(supervisor.change(f"representatives/{guardian['id']}", guardian, always))
    done(specialist.post("meetings", accompaniment))


def test_a_suspended_representatives_consent_covers_nothing_until_resumed(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], accompaniment: dict[str, Any]
) -> None:
    mother = family["representative"]
    house.a_consent(supervisor, mother)
    suspended = done(supervisor.act(f"representatives/{mother['id']}/suspend", mother, BASIS))

    assert refusal_of(specialist.post("meetings", accompaniment)) == MISSING
    done(supervisor.act(f"representatives/{mother['id']}/resume", suspended, BASIS))
    done(specialist.post("meetings", accompaniment))


def test_another_childs_consent_covers_nothing(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], accompaniment: dict[str, Any]
) -> None:
    house.a_consent(supervisor, house.a_family(supervisor, specialist)["representative"])

    assert refusal_of(specialist.post("meetings", accompaniment)) == MISSING
    house.a_consent(supervisor, family["representative"])
    done(specialist.post("meetings", accompaniment))


def test_another_institution_or_a_day_beyond_the_consent_is_no_change_to_make(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], accompaniment: dict[str, Any]
) -> None:
    house.a_consent(supervisor, family["representative"], institution="Rīgas 1. slimnīca", valid_until=day(10))
    meeting = done(specialist.post("meetings", accompaniment))
    path = f"meetings/{meeting['id']}"

    elsewhere = {"accompaniment": TO_A_DOCTOR | {"institution": "Rīgas 2. slimnīca"}}
    assert refusal_of(specialist.change(path, meeting, elsewhere)) == MISSING
    assert refusal_of(specialist.change(path, meeting, {"starts_at": at(soon(hours=24 * 12))})) == MISSING
    changed = done(specialist.change(path, meeting, {"accompaniment": TO_A_DOCTOR | {"purpose": "Another"}}))
    done(specialist.change(path, changed, {"starts_at": at(soon(hours=48))}))


def accompaniment_duties(phone: Phone, state: str = "open") -> list[tuple[str, str]]:
    found = done(phone.get(f"duties?state={state}"))["items"]
    return [(duty["kind"], duty["about_id"]) for duty in found]


def test_a_withdrawn_consent_makes_the_planned_accompaniment_a_duty_until_there_is_another(house: House) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    family = house.a_family(supervisor, specialist)
    consent = house.a_consent(specialist, family["representative"])
    going = {"kind": "accompaniment", "accompaniment": {"institution": "Skola", "purpose": "Saruna"}}
    meeting = house.a_meeting(specialist, family["child"], **going)
    house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=48)))

    done(specialist.act(f"consents/{consent['id']}/withdraw", consent))
    assert accompaniment_duties(specialist) == [("consent-lost", meeting["id"])]
    again = house.a_consent(specialist, family["representative"])
    assert accompaniment_duties(specialist) == []
    # Lost once more it is another time.
    done(specialist.act(f"consents/{again['id']}/withdraw", again))
    assert accompaniment_duties(specialist) == [("consent-lost", meeting["id"])]
    done(specialist.act(f"meetings/{meeting['id']}/cancel", meeting, {"reason": "child_ill"}))
    assert accompaniment_duties(specialist) == []
    assert accompaniment_duties(specialist, "lapsed") == [("consent-lost", meeting["id"])] * 2


def test_a_suspended_parents_consent_counts_no_more_from_that_moment(house: House) -> None:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    family = house.a_family(supervisor, specialist)
    mother = family["representative"]
    # Somebody is told of the meeting all the same.
    house.a_representative(supervisor, family["child"])
    house.a_consent(specialist, mother)
    going = {"kind": "accompaniment", "accompaniment": {"institution": "Skola", "purpose": "Saruna"}}
    meeting = house.a_meeting(specialist, family["child"], **going)
    why = {"reason": "Decision", "basis": "Orphan's court"}

    suspended = done(supervisor.act(f"representatives/{mother['id']}/suspend", mother, why))
    assert accompaniment_duties(specialist) == [("consent-lost", meeting["id"])]
    done(supervisor.act(f"representatives/{mother['id']}/resume", suspended, why))
    assert accompaniment_duties(specialist) == []


def lost(phone: Phone) -> list[str]:
    """The day and time in each of somebody's duties about a consent that was lost."""
    found = done(phone.get("duties"))["items"]
    return [duty["text"] for duty in found if duty["kind"] == "consent-lost"]


@pytest.mark.parametrize("back", ["ended", "handed over"])
def test_a_lost_consent_is_the_duty_of_whoever_holds_the_accompaniment(
    house: House,
    supervisor: Phone,
    specialist: Phone,
    family: dict[str, Any],
    accompaniment: dict[str, Any],
    back: str,
) -> None:
    substitute = house.a_specialist(supervisor)
    consent = house.a_consent(supervisor, family["representative"])
    absence = house.an_absence(supervisor, specialist, substitute, valid_until=day(3))
    planned = done(specialist.post("meetings", accompaniment))
    done(supervisor.act(f"consents/{consent['id']}/withdraw", consent))
    assert (len(lost(specialist)), lost(substitute)) == (1, [])

    done(substitute.act(f"meetings/{planned['id']}/take", planned, {}))
    assert (lost(specialist), len(lost(substitute))) == ([], 1)
    if back == "ended":
        done(supervisor.act(f"absences/{absence['id']}/end", absence))
        assert (len(lost(specialist)), lost(substitute)) == (1, [])
    else:
        other = house.a_specialist(supervisor)
        move = {"to_specialist_id": str(other.account_id), "reason": "Moves away"}
        done(supervisor.act(f"cases/{family['case']['id']}/transfer", family["case"], move))
        assert (lost(specialist), lost(substitute), len(lost(other))) == ([], [], 1)


@pytest.mark.parametrize("to", ["a day", "an institution"])
def test_an_accompaniment_moved_to_what_is_agreed_to_is_nobodys_duty_any_more(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], accompaniment: dict[str, Any], to: str
) -> None:
    consent = house.a_consent(supervisor, family["representative"], valid_until=day(9))
    school = house.a_consent(supervisor, family["representative"], institution="Skola", valid_until=day(9))
    planned = done(specialist.post("meetings", accompaniment | {"starts_at": at(soon(hours=24 * 5))}))
    house.a_consent(supervisor, family["representative"], institution="Rīgas 1. slimnīca", valid_until=day(2))
    done(supervisor.act(f"consents/{consent['id']}/withdraw", consent))
    assert len(lost(specialist)) == 1
    path = f"meetings/{planned['id']}"

    done(specialist.change(path, planned, {"note": "Not that"}))
    assert len(lost(specialist)) == 1
    planned = done(specialist.get(path))
    if to == "a day":
        form = {"starts_at": at(soon(hours=24))}
    else:
        form = {"accompaniment": TO_A_DOCTOR | {"institution": "Skola"}}
    moved = done(specialist.change(path, planned, form))
    assert lost(specialist) == []
    # Lost on that day too, it is a duty about that day.
    if to == "an institution":
        done(supervisor.act(f"consents/{school['id']}/withdraw", school))
        assert len(lost(specialist)) == 1
    assert moved["state"] == "planned"


@pytest.mark.parametrize(("ago", "duties"), [(timedelta(minutes=5), 1), (timedelta(hours=2), 0)])
def test_a_consent_lost_when_the_accompaniment_is_about_to_start_is_a_duty_until_its_time_is_over(
    house: House,
    supervisor: Phone,
    specialist: Phone,
    family: dict[str, Any],
    accompaniment: dict[str, Any],
    ago: timedelta,
    duties: int,
) -> None:
    consent = house.a_consent(supervisor, family["representative"])
    planned = done(specialist.post("meetings", accompaniment))
    let_it_be_planned_for(house, planned, clock.now() - ago)

    done(supervisor.act(f"consents/{consent['id']}/withdraw", consent))

    assert len(lost(specialist)) == duties
    house.a_consent(supervisor, family["representative"])
    assert lost(specialist) == []


def test_a_lost_consent_is_nobodys_duty_once_the_accompaniment_has_begun_with_another(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], accompaniment: dict[str, Any]
) -> None:
    """Agreed to for today only, and so not for the day that was planned."""
    consent = house.a_consent(supervisor, family["representative"])
    planned = done(specialist.post("meetings", accompaniment | {"starts_at": at(soon(hours=24))}))
    house.a_consent(supervisor, family["representative"], valid_until=day(0))
    done(supervisor.act(f"consents/{consent['id']}/withdraw", consent))
    assert len(lost(specialist)) == 1

    done(specialist.act(f"meetings/{planned['id']}/start", planned, {"unannounced_reason": "Called"}))

    assert lost(specialist) == []


@pytest.mark.parametrize("lost_by", ["withdrawn", "suspended"])
def test_what_began_offline_with_a_consent_is_started_though_it_was_lost_before_the_phone_was_back(
    house: House,
    supervisor: Phone,
    specialist: Phone,
    family: dict[str, Any],
    accompaniment: dict[str, Any],
    lost_by: str,
) -> None:
    consent = house.a_consent(supervisor, family["representative"], given_at=at(soon(hours=-9)))
    planned = done(specialist.post("meetings", accompaniment))
    began_at = clock.now() - timedelta(minutes=30)
    let_it_be_planned_for(house, planned, began_at)
    house.sql("UPDATE meetings SET created_at = created_at - interval '1 hour'")
    house.sql("UPDATE representatives SET valid_from = valid_from - 9")
    if lost_by == "withdrawn":
        done(supervisor.act(f"consents/{consent['id']}/withdraw", consent))
        house.sql("UPDATE consents SET withdrawn_at = withdrawn_at - interval '20 minutes'")
    else:
        mother = family["representative"]
        done(supervisor.act(f"representatives/{mother['id']}/suspend", mother, BASIS))
        house.sql("UPDATE representatives SET state_changed_at = state_changed_at - interval '20 minutes'")
    path, why = f"meetings/{planned['id']}/start", {"unannounced_reason": "She knew"}

    for too_late in (why, why | {"on_phone_at": at(clock.now() - timedelta(minutes=10))}):
        assert refusal_of(specialist.act(path, planned, too_late)) == MISSING
    started = done(specialist.act(path, planned, why | {"on_phone_at": at(began_at)}))
    assert datetime.fromisoformat(started["started_at"]) == began_at


def test_a_consent_given_by_a_phone_a_little_ahead_counts_at_once(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any], accompaniment: dict[str, Any]
) -> None:
    form = {"representative_id": family["representative"]["id"], "scope": "accompaniment", "means": "oral_confirmed"}
    path = f"children/{family['child']['id']}/consents"

    wrong = form | {"given_at": at(clock.now() + timedelta(minutes=3))}
    assert refusal_of(specialist.post(path, wrong)) == {"type": "invalid-request", "errors": ["/given_at"]}
    said = clock.now() + timedelta(seconds=20)
    given = done(specialist.post(path, form | {"given_at": at(said)}))
    # What the phone said stays as it was said.
    assert datetime.fromisoformat(given["given_at"]) == said
    done(specialist.post("meetings", accompaniment))
