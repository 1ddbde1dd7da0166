"""Who is told of what, and who no longer: through the API, and as the worker takes it (D6, D29)."""

import random
import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from bas_service.database import transaction
from bas_service.meetings.jobs import still_to_be_told
from bas_service.messaging import jobs
from bas_service.messaging.rules import HandOver, Verdict
from tests.builders import House, at, soon
from tests.callers import Phone, done
from tests.tables import statements_of

BEGINNINGS = {"planned": "Anna: ", "changed": "IZMAINAS. Anna: ", "cancelled": "ATCELTS. Anna: "}
SUSPENDING = {"reason": "Court", "basis": "No. 1"}


def day(days: int) -> str:
    """A day in Riga some days from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


class Family:
    """Anna, her mother, her specialist, and a worker that goes one step when it is told to."""

    def __init__(self, house: House, worker_app: Flask) -> None:
        self.house = house
        self.supervisor = house.a_supervisor()
        self.specialist = house.a_specialist(self.supervisor, name="Ilze Izdomāta")
        family = house.a_family(self.supervisor, self.specialist)
        self.child, self.mother, self.case = family["child"], family["representative"], family["case"]
        self._worker_app = worker_app

    def worker_step(self) -> list[str]:
        """Let everything due go out; the numbers texts went to, in order."""
        with self._worker_app.app_context():
            with transaction():
                claimed = jobs.claim_due(50, lease=60.0, still_right={"announcements": still_to_be_told})
            with transaction():
                for message in claimed:
                    accepted = HandOver(verdict=Verdict.ACCEPTED, provider_id=f"SM{uuid.uuid4().hex}")
                    jobs.settle(message, accepted, first_check=60.0, chance=random.Random(1))
        return [message.recipient for message in claimed]

    def plan(self, **more: Any) -> dict[str, Any]:
        return self.house.a_meeting(self.specialist, self.child, **more)

    def change(self, meeting: dict[str, Any], **form: Any) -> dict[str, Any]:
        return done(self.specialist.change(f"meetings/{meeting['id']}", meeting, form))

    def cancel(self, meeting: dict[str, Any]) -> dict[str, Any]:
        return done(self.specialist.act(f"meetings/{meeting['id']}/cancel", meeting, {"reason": "child_ill"}))

    def correct(self, representative: dict[str, Any], **form: Any) -> dict[str, Any]:
        return done(self.supervisor.change(f"representatives/{representative['id']}", representative, form))

    def act(self, representative: dict[str, Any], action: str) -> dict[str, Any]:
        path = f"representatives/{representative['id']}/{action}"
        return done(self.supervisor.act(path, representative, SUSPENDING))

    def told(self, meeting: dict[str, Any], phone: Phone | None = None) -> list[tuple[str, str, str]]:
        """Of each announcement: whom (by name), why and how worded, how far it is; the earliest first."""
        names = {row["id"]: row["name"] for row in self.house.sql("SELECT id::text, name FROM representatives")}
        told = []
        announcements = done((phone or self.specialist).get(f"meetings/{meeting['id']}"))["announcements"]
        # Those made at the same moment have no order among themselves.
        for one in sorted(announcements, key=lambda one: (one["created_at"], names[one["representative_id"]])):
            worded = [word for word, beginning in BEGINNINGS.items() if one["text"].startswith(beginning)]
            assert len(worded) == 1, one["text"]
            reason = one["reason"] if one["reason"] == worded[0] else f"{one['reason']}, worded as {worded[0]}"
            told.append((names[one["representative_id"]].split()[0], reason, one["state"]))
        return told


@pytest.fixture
def family(house: House, worker_app: Flask) -> Family:
    return Family(house, worker_app)


LATER = {"starts_at": at(soon(hours=30))}


def test_a_change_before_anything_went_out_takes_the_earlier_text_back_and_is_news(family: Family) -> None:
    meeting = family.plan()
    changed = family.change(meeting, **LATER)

    assert family.told(meeting) == [
        ("Mamma", "planned", "withdrawn"),
        ("Mamma", "changed, worded as planned", "queued"),
    ]
    assert family.worker_step() == [family.mother["phone"]]
    assert family.worker_step() == []
    assert family.told(changed)[1:] == [("Mamma", "changed, worded as planned", "handed_over")]


def test_a_change_after_the_text_went_out_is_worded_as_a_change(family: Family) -> None:
    meeting = family.plan()
    family.worker_step()

    family.change(meeting, **LATER)

    assert family.told(meeting) == [("Mamma", "planned", "handed_over"), ("Mamma", "changed", "queued")]
    assert family.worker_step() == [family.mother["phone"]]


@pytest.mark.parametrize("state", ["sending", "uncertain", "delivered"])
def test_what_may_have_arrived_counts_as_told(family: Family, state: str) -> None:
    meeting = family.plan()
    family.house.hand_over_messages(state)

    family.change(meeting, **LATER)

    assert [reason for _, reason, _ in family.told(meeting)] == ["planned", "changed"]


def test_what_failed_does_not_count_as_told(family: Family) -> None:
    meeting = family.plan()
    family.house.hand_over_messages("failed")

    family.change(meeting, **LATER)

    assert family.told(meeting)[1:] == [("Mamma", "changed, worded as planned", "queued")]


@pytest.mark.parametrize(
    ("form", "is_told"),
    [
        (LATER, True),
        ({"expected_minutes": 45}, True),
        ({"place": {"type": "home"}}, True),
        ({"place": {"type": "address", "name": "Bibliotēka", "address": "Brīvības iela 2, Rīga"}}, True),
        ({"note": "Bring the drawing"}, False),
        ({"transport": "on_foot"}, False),
        ({"note": "Bring the drawing", "transport": "work_car"}, False),
        ({}, False),
    ],
)
def test_only_what_stands_in_the_text_is_told_when_it_changes(
    family: Family, form: dict[str, Any], is_told: bool
) -> None:
    meeting = family.plan()
    family.worker_step()

    changed = family.change(meeting, **form)

    expected = [("Mamma", "planned", "handed_over")] + [("Mamma", "changed", "queued")] * is_told
    assert family.told(changed) == expected
    assert family.worker_step() == [family.mother["phone"]] * is_told


def test_a_note_does_not_take_back_what_is_on_its_way(family: Family) -> None:
    meeting = family.plan()

    family.change(meeting, note="Bring the drawing")

    assert family.worker_step() == [family.mother["phone"]]


def test_a_cancelled_meeting_of_which_nobody_was_told_frightens_nobody(family: Family) -> None:
    meeting = family.plan()

    family.cancel(meeting)

    assert family.told(meeting) == [("Mamma", "planned", "withdrawn"), ("Mamma", "cancelled", "withdrawn")]
    assert family.worker_step() == []


def test_whoever_knows_of_a_meeting_is_told_that_it_is_cancelled(family: Family) -> None:
    meeting = family.plan()
    family.worker_step()

    family.cancel(meeting)

    assert family.told(meeting) == [("Mamma", "planned", "handed_over"), ("Mamma", "cancelled", "queued")]
    assert family.worker_step() == [family.mother["phone"]]


def test_a_change_that_did_not_go_out_before_the_cancellation_never_does(family: Family) -> None:
    meeting = family.plan()
    family.worker_step()

    family.cancel(family.change(meeting, **LATER))

    assert family.worker_step() == [family.mother["phone"]]
    assert family.told(meeting) == [
        ("Mamma", "planned", "handed_over"),
        ("Mamma", "changed", "withdrawn"),
        ("Mamma", "cancelled", "handed_over"),
    ]


@pytest.mark.parametrize("correction", [{"language": "ru"}, {"valid_until": day(60)}, {"email": "mamma@example.lv"}])
def test_a_cancellation_survives_a_correction_of_whom_it_is_for(family: Family, correction: dict[str, Any]) -> None:
    # Nothing else would tell her: for a cancelled meeting nothing is renewed.
    meeting = family.plan()
    family.worker_step()
    family.cancel(meeting)

    family.correct(family.mother, **correction)

    assert family.worker_step() == [family.mother["phone"]]
    assert family.told(meeting)[1:] == [("Mamma", "cancelled", "handed_over")]


@pytest.mark.parametrize("ending", ["suspended", "protected", "another number", "no texts", "expired"])
def test_a_cancellation_does_not_go_to_somebody_who_may_not_be_told_any_more(family: Family, ending: str) -> None:
    meeting = family.plan()
    family.worker_step()
    family.cancel(meeting)

    if ending == "suspended":
        family.act(family.mother, "suspend")
    elif ending == "protected":
        family.house.a_protected_place(family.supervisor, family.mother)
    else:
        correction = {
            "another number": {"phone": "+37120000777"},
            "no texts": {"channels": ["email"], "email": "mamma@example.lv", "phone": None},
            "expired": {"valid_from": day(-2), "valid_until": day(-1)},
        }
        family.correct(family.mother, **correction[ending])

    assert family.worker_step() == []
    assert family.told(meeting)[1:] == [("Mamma", "cancelled", "withdrawn")]


def test_a_suspended_representative_is_told_nothing_not_even_what_is_queued(family: Family) -> None:
    meeting = family.plan()
    family.act(family.mother, "suspend")
    again = family.plan(starts_at=at(soon(hours=48)))

    assert family.told(meeting) == [("Mamma", "planned", "withdrawn")]
    assert family.told(again) == []
    assert again["warnings"] == ["no-reachable-representative"]
    assert family.worker_step() == []


def test_a_resumed_representative_is_told_once_of_what_is_planned(family: Family) -> None:
    known = family.plan(starts_at=at(soon(hours=20)))
    family.worker_step()
    unknown = family.plan()
    suspended = family.act(family.mother, "suspend")
    news = family.plan(starts_at=at(soon(hours=48)))

    family.act(suspended, "resume")

    assert family.told(known) == [("Mamma", "planned", "handed_over")]
    assert family.told(unknown) == [("Mamma", "planned", "withdrawn"), ("Mamma", "planned", "queued")]
    assert family.told(news) == [("Mamma", "planned", "queued")]
    assert family.worker_step() == [family.mother["phone"]] * 2


def test_telling_a_new_representative_takes_as_many_statements_for_many_meetings_as_for_one(family: Family) -> None:
    asked = []
    for planned in (1, 4):
        for _ in range(planned):
            family.plan(starts_at=at(soon(hours=24 * len(family.house.sql("SELECT id FROM meetings")) + 24)))
        with statements_of(family.house.app) as statements:
            family.house.a_representative(family.supervisor, family.child)
        asked.append(len(statements))

    assert asked[0] == asked[1]


def test_whoever_was_away_during_a_change_is_told_of_the_change(family: Family) -> None:
    meeting = family.plan()
    family.worker_step()
    suspended = family.act(family.mother, "suspend")
    family.change(meeting, **LATER)

    family.act(suspended, "resume")

    assert family.told(meeting) == [("Mamma", "planned", "handed_over"), ("Mamma", "changed", "queued")]


def test_an_added_representative_is_told_once_of_each_planned_meeting_ahead(family: Family) -> None:
    meeting = family.plan()
    family.worker_step()
    cancelled = family.cancel(family.plan(starts_at=at(soon(hours=48))))

    father = family.house.a_representative(family.supervisor, family.child, name="Tētis Izdomāts")

    assert family.told(meeting) == [("Mamma", "planned", "handed_over"), ("Tētis", "planned", "queued")]
    assert "Tētis" not in {name for name, _, _ in family.told(cancelled)}
    assert family.worker_step() == [father["phone"]]
    family.correct(father, name="Tētis Cits")
    assert family.worker_step() == []


def test_of_two_only_the_one_who_knows_reads_of_a_change(family: Family) -> None:
    meeting = family.plan()
    family.worker_step()
    family.house.a_representative(family.supervisor, family.child, name="Tētis Izdomāts")

    family.change(meeting, **LATER)

    assert family.told(meeting) == [
        ("Mamma", "planned", "handed_over"),
        ("Tētis", "planned", "withdrawn"),
        ("Mamma", "changed", "queued"),
        ("Tētis", "changed, worded as planned", "queued"),
    ]


def test_nothing_is_told_to_one_whose_representation_has_ended_or_ends_before(family: Family) -> None:
    family.correct(family.mother, valid_until=day(1))
    ended = {"name": "Vecmamma Izdomāta", "valid_from": day(-9), "valid_until": day(-1)}
    family.house.a_representative(family.supervisor, family.child, **ended)

    before = family.plan(starts_at=at(datetime.combine(clock.today() + timedelta(days=1), time(12), clock.RIGA)))
    after = family.plan(starts_at=at(datetime.combine(clock.today() + timedelta(days=2), time(12), clock.RIGA)))

    assert family.told(before) == [("Mamma", "planned", "queued")]
    assert family.told(after) == []
    assert (before["warnings"], after["warnings"]) == ([], ["no-reachable-representative"])


def test_one_whose_representation_begins_later_is_told_that_morning_at_eight(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins = clock.today() + timedelta(days=2)
    later = {"name": "Tētis Izdomāts", "valid_from": begins.isoformat()}
    father = family.house.a_representative(family.supervisor, family.child, **later)
    before = family.plan(starts_at=at(datetime.combine(begins - timedelta(days=1), time(23, 59), clock.RIGA)))
    after = family.plan(starts_at=at(datetime.combine(begins, time(15), clock.RIGA)))

    assert family.told(before) == [("Mamma", "planned", "queued")]
    assert family.told(after) == [("Mamma", "planned", "queued"), ("Tētis", "planned", "queued")]
    (due,) = family.house.sql(
        "SELECT next_attempt_at FROM messages WHERE recipient_digest = :phone",
        phone=family.house.digest(father["phone"]),
    )
    assert due == {"next_attempt_at": datetime.combine(begins, time(8), clock.RIGA)}
    assert family.worker_step() == [family.mother["phone"]] * 2

    # The morning has come, for the outbox and for the clock on the wall.
    family.house.sql("UPDATE messages SET next_attempt_at = now() WHERE state = 'queued'")
    monkeypatch.setattr(clock, "now", lambda: datetime.combine(begins, time(8), clock.RIGA).astimezone(UTC))
    assert family.worker_step() == [father["phone"]]


def test_a_meeting_before_eight_is_told_while_it_is_still_of_use(family: Family) -> None:
    # At eight o'clock of that day the text would come too late, and nobody would ever have been told.
    begins = clock.today() + timedelta(days=2)
    later = {"name": "Tētis Izdomāts", "valid_from": begins.isoformat()}
    father = family.house.a_representative(family.supervisor, family.child, **later)

    for start, told_from in ((time(8, 30), time(7, 30)), (time(7), time(6)), (time(0, 40), time(0))):
        meeting = family.plan(starts_at=at(datetime.combine(begins, start, clock.RIGA)), expected_minutes=5)
        rows = family.house.sql(
            "SELECT next_attempt_at FROM messages WHERE recipient_digest = :phone AND state = 'queued'",
            phone=family.house.digest(father["phone"]),
        )
        assert rows == [{"next_attempt_at": datetime.combine(begins, told_from, clock.RIGA)}]
        family.cancel(meeting)


def test_one_from_whom_the_place_is_protected_is_told_nothing_any_more(family: Family) -> None:
    father = family.house.a_representative(family.supervisor, family.child, name="Tētis Izdomāts")
    meeting = family.plan()

    family.house.a_protected_place(family.supervisor, father)
    again = family.plan(starts_at=at(soon(hours=48)))

    assert family.told(meeting) == [("Mamma", "planned", "queued"), ("Tētis", "planned", "withdrawn")]
    assert family.told(again) == [("Mamma", "planned", "queued")]
    assert again["warnings"] == []
    assert family.worker_step() == [family.mother["phone"]] * 2


@pytest.mark.parametrize(
    "behind_the_back",
    [
        "UPDATE representatives SET state = 'suspended', state_reason = 'x', state_basis = 'x',"
        " state_changed_at = now()",
        "UPDATE representatives SET valid_from = '2020-01-01', valid_until = '2020-01-02'",
        "UPDATE representatives SET phone = '+37120000999', phone_digest = 'another'",
        "UPDATE meetings SET telling = telling + 1",
        "UPDATE meetings SET state = 'missed', state_reason = 'x', version = version + 1",
    ],
)
def test_everything_is_asked_again_at_the_moment_of_sending(family: Family, behind_the_back: str) -> None:
    meeting = family.plan()
    family.house.sql(behind_the_back)

    assert family.worker_step() == []
    assert family.told(meeting) == [("Mamma", "planned", "withdrawn")]


def test_a_new_number_is_told_anew_and_the_old_one_nothing_more(family: Family) -> None:
    sent, queued = family.plan(), None
    family.worker_step()
    queued = family.plan(starts_at=at(soon(hours=48)))

    family.correct(family.mother, phone="+37120000888")

    assert family.told(sent) == [("Mamma", "planned", "handed_over"), ("Mamma", "planned", "queued")]
    assert family.told(queued) == [("Mamma", "planned", "withdrawn"), ("Mamma", "planned", "queued")]
    assert family.worker_step() == ["+37120000888"] * 2


@pytest.mark.parametrize("correction", [{"name": "Mamma Cita"}, {"relation": "guardian"}, {}])
def test_a_corrected_name_is_no_reason_to_tell(family: Family, correction: dict[str, Any]) -> None:
    meeting = family.plan()
    before = done(family.specialist.get(f"meetings/{meeting['id']}"))["announcements"]

    family.correct(family.mother, **correction)

    assert done(family.specialist.get(f"meetings/{meeting['id']}"))["announcements"] == before
    assert family.worker_step() == [family.mother["phone"]]


def test_a_transfer_tells_of_the_new_specialist(family: Family) -> None:
    meeting = family.plan()
    family.worker_step()
    other = family.house.a_specialist(family.supervisor, name="Jānis Izdomāts", phone="+37120000222")

    form = {"to_specialist_id": str(other.account_id), "reason": "Moves away"}
    done(family.supervisor.act(f"cases/{family.case['id']}/transfer", family.case, form))

    assert family.told(meeting, other) == [("Mamma", "planned", "handed_over"), ("Mamma", "changed", "queued")]
    first, second = [one["text"] for one in done(other.get(f"meetings/{meeting['id']}"))["announcements"]]
    assert second == "IZMAINAS. " + first.replace("Ilze Izdomata", "Janis Izdomats").replace(
        "+37120000100", "+37120000222"
    )
    assert family.worker_step() == [family.mother["phone"]]


def test_two_representatives_are_told_each_in_their_language(family: Family) -> None:
    house, supervisor, child = family.house, family.supervisor, family.child
    house.a_representative(supervisor, child, name="Папа Выдуманный", language="ru")
    house.a_representative(supervisor, child, name="Foster Parents", relation="foster_family", language="en")
    # The next Monday noon but one, so that the words are known to the letter.
    days = 7 - clock.today().weekday()
    monday = datetime.combine(clock.today() + timedelta(days=days), time(12), clock.RIGA)
    place = {"type": "home"}

    meeting = family.plan(starts_at=at(monday), expected_minutes=60, place=place)

    date = f"{monday.day}.{monday.month}."
    assert sorted(one["text"] for one in meeting["announcements"]) == [
        f"Anna: Monday {date} at 12:00 meeting with the child support specialist. Place: the child's home. "
        "Away for about 1 hour. Ilze Izdomāta, tel. +37120000100",
        f"Anna: pirmdien, {date} plkst. 12.00 tiksanas ar berna atbalsta specialistu. Vieta: berna majas. "
        "Prombutne: apmeram 1 stunda. Ilze Izdomata, talr. +37120000100",
        f"Anna: в понедельник {date} в 12:00 встреча со специалистом по поддержке детей. Место: дом ребёнка. "
        "Отсутствие: около 1 часа. Ilze Izdomāta, тел. +37120000100",
    ]
    assert len(family.worker_step()) == 3


def test_one_who_reads_only_e_mail_is_said_to_be_unreachable_while_nobody_sends_any(family: Family) -> None:
    family.house.nobody_carries("email")
    by_mail = {"name": "Tētis Izdomāts", "phone": None, "email": "tetis@example.lv", "channels": ["email"]}
    assert family.plan()["warnings"] == []

    father = family.house.a_representative(family.supervisor, family.child, **by_mail)
    meeting = family.plan(starts_at=at(soon(hours=48)))

    # The mother was told; but not everybody is, and somebody must call.
    assert meeting["warnings"] == ["no-reachable-representative"]
    assert family.told(meeting) == [("Mamma", "planned", "queued")]
    family.correct(father, phone="+37120000333", channels=["email", "sms"])
    assert family.told(meeting) == [("Mamma", "planned", "queued"), ("Tētis", "planned", "queued")]
    assert family.change(meeting, expected_minutes=45)["warnings"] == []


def test_a_child_without_anybody_to_tell_is_planned_with_a_warning(family: Family) -> None:
    child = family.house.a_child(family.supervisor)
    family.house.a_case(family.supervisor, child, family.specialist)

    meeting = family.house.a_meeting(family.specialist, child)

    assert (meeting["warnings"], meeting["announcements"]) == (["no-reachable-representative"], [])
