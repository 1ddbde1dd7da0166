"""Whoever may know of a meeting is told that it is off, however they know, and however late that shows (D6)."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from bas_service.announcements.rules import Reason
from bas_service.database import transaction
from bas_service.meetings.late_news import tell_what_came_to_light
from bas_service.messaging.rules import HandOver, Verdict
from tests.announcements.test_by_every_channel import BOTH, IN_DOUBT, WRONG_NUMBER
from tests.announcements.test_once_more import Unreached
from tests.builders import House, at, soon
from tests.callers import at_once, done

BUSY = HandOver(verdict=Verdict.PASSING, error_code="20429")


class CalledOff(Unreached):
    """A family, a worker that applies what is reported late, and how they hear that a meeting is off."""

    def cancel(self, meeting: dict[str, Any]) -> dict[str, Any]:
        present = done(self.specialist.get(f"meetings/{meeting['id']}"))
        return done(self.specialist.act(f"meetings/{meeting['id']}/cancel", present, {"reason": "child_ill"}))

    def heard(self) -> list[tuple[str, str]]:
        """What goes out now, to which number or address."""
        return [(one.body.split(" ")[0], one.recipient) for one in self.worker_step()]

    def night(self) -> None:
        """Nothing that is not near goes out for the time being."""
        self.house.sql("UPDATE messages SET next_attempt_at = now() + interval '4 hours' WHERE state = 'queued'")

    def meeting_passes(self, meeting: dict[str, Any], *, hours: float) -> None:
        """The meeting is so much earlier."""
        self.house.sql(
            "UPDATE meetings SET starts_at = starts_at - :time, ends_at = ends_at - :time WHERE id = :id",
            time=timedelta(hours=hours),
            id=meeting["id"],
        )

    def look_into_late_news(self) -> int:
        """What a worker does after it has applied receipts: how often there was something."""
        found = 0
        with self._worker_app.app_context():
            while True:
                with transaction():
                    if not tell_what_came_to_light():
                        return found
                found += 1

    def duties(self) -> list[tuple[str, str | None]]:
        shown = done(self.specialist.get("duties"))["items"]
        return [(one["kind"], one["representative_id"]) for one in shown]


@pytest.fixture
def family(house: House, worker_app: Flask) -> CalledOff:
    return CalledOff(house, worker_app)


def test_who_was_told_at_an_old_number_hears_at_the_new_one_that_it_is_off(family: CalledOff) -> None:
    meeting = family.plan()
    assert family.heard() == [("Anna:", family.mother["phone"])]
    family.correct(phone="+37120009999")
    family.night()

    family.cancel(meeting)

    assert family.heard() == [("ATCELTS.", "+37120009999")]


def test_with_a_new_number_one_reads_of_the_meeting_and_not_of_a_change(family: CalledOff) -> None:
    meeting = family.plan()
    family.worker_step()

    family.correct(phone="+37120009999")

    assert family.heard() == [("Anna:", "+37120009999")]
    family.change(meeting, expected_minutes=30)
    assert family.heard() == [("IZMAINAS.", "+37120009999")]


def test_of_what_nobody_was_told_nobody_hears_that_it_is_off(family: CalledOff) -> None:
    meeting = family.plan()
    family.worker_step(BUSY)

    family.cancel(meeting)

    assert family.heard() == []
    assert family.told(meeting) == [("sms", "planned", "withdrawn"), ("sms", "cancelled", "withdrawn")]


@pytest.mark.parametrize("what_follows", [Reason.CANCELLED, Reason.CHANGED])
def test_a_text_in_doubt_that_waits_to_be_repeated_may_have_been_read(
    family: CalledOff, what_follows: Reason
) -> None:
    meeting = family.plan()
    family.worker_step(IN_DOUBT)
    family.house.sql("UPDATE messages SET state = 'queued', repeated = true, next_attempt_at = now()")
    family.worker_step(BUSY)

    if what_follows is Reason.CANCELLED:
        family.cancel(meeting)
        assert family.heard() == [("ATCELTS.", family.mother["phone"])]
    else:
        family.change(meeting, expected_minutes=30)
        assert family.heard() == [("IZMAINAS.", family.mother["phone"])]
        # And what leads back to it is told by a text of its own: the first may never have arrived.
        family.change(meeting, expected_minutes=90)
        assert family.heard() == [("IZMAINAS.", family.mother["phone"])]


def test_a_change_back_to_a_text_in_doubt_that_was_taken_back_is_told_anew(family: CalledOff) -> None:
    family.under(settle_seconds=60)
    meeting = family.plan()
    family.worker_step(IN_DOUBT)
    family.house.sql("UPDATE messages SET state = 'queued', repeated = true, next_attempt_at = now()")

    family.change(meeting, expected_minutes=30)
    family.change(meeting, expected_minutes=90)
    family.hours_pass(0.1)

    assert family.heard() == [("IZMAINAS.", family.mother["phone"])]


def test_a_text_that_went_out_and_waits_to_go_out_once_more_may_have_been_read(family: CalledOff) -> None:
    meeting = family.plan()
    family.not_arrived(family.send("SM1"), "SM1")

    family.cancel(meeting)

    assert family.heard() == [("ATCELTS.", family.mother["phone"])]


def test_who_was_told_by_telephone_hears_that_it_is_off(family: CalledOff) -> None:
    family.correct(**BOTH)
    meeting = family.plan()
    family.worker_step(WRONG_NUMBER)
    form = {"representative_id": family.mother["id"], "means": "phone"}
    done(family.specialist.post(f"meetings/{meeting['id']}/told", form))

    family.cancel(meeting)

    assert family.heard() == [("ATCELTS.", "mamma@example.lv")]


# --- receipts that come when it is off already


def _arrives_late(family: CalledOff) -> dict[str, Any]:
    """The provider was busy, as it said; and had the text all the same."""
    meeting = family.plan()
    (text,) = family.worker_step(BUSY)
    family.cancel(meeting)
    family.receipt(text, "SM1", "delivered")
    family.apply()
    return meeting


def _first_try_arrives_late(family: CalledOff) -> dict[str, Any]:
    """Both tries were reported as lost, and then the first one as delivered."""
    meeting = family.plan()
    text = family.send("SM1")
    family.not_arrived(text, "SM1")
    family.pause_is_over()
    family.send("SM2")
    family.not_arrived(text, "SM2")
    family.cancel(meeting)
    family.receipt(text, "SM1", "delivered")
    family.apply()
    return meeting


@pytest.mark.parametrize("arrives", [_arrives_late, _first_try_arrives_late])
def test_a_text_that_arrived_after_all_is_followed_by_the_cancellation(family: CalledOff, arrives: Any) -> None:
    meeting = arrives(family)
    assert family.heard() == []

    assert family.look_into_late_news() == 1

    assert family.heard() == [("ATCELTS.", family.mother["phone"])]
    assert family.told(meeting)[-1] == ("sms", "cancelled", "handed_over")
    # Once.
    assert family.look_into_late_news() == 0
    assert family.heard() == []
    assert family.duties() == []


def test_several_workers_tell_it_once(family: CalledOff) -> None:
    _arrives_late(family)

    assert sum(at_once(*[family.look_into_late_news] * 4)) == 1

    assert family.heard() == [("ATCELTS.", family.mother["phone"])]


def test_a_late_receipt_of_what_is_planned_still_changes_nothing(family: CalledOff) -> None:
    meeting = family.plan()
    (text,) = family.worker_step(BUSY)
    family.change(meeting, expected_minutes=30)
    family.receipt(text, "SM1", "delivered")
    family.apply()

    assert family.look_into_late_news() == 1

    assert family.heard() == [("Anna:", family.mother["phone"])]
    assert family.duties() == []


def test_a_late_receipt_that_it_failed_changes_nothing(family: CalledOff) -> None:
    meeting = family.plan()
    (text,) = family.worker_step(BUSY)
    family.cancel(meeting)
    family.receipt(text, "SM1", "failed", "30007")
    family.apply()

    family.look_into_late_news()

    assert (family.heard(), family.duties()) == ([], [])


def test_who_was_suspended_meanwhile_hears_nothing_more(family: CalledOff) -> None:
    _arrives_late(family)
    path = f"representatives/{family.mother['id']}/suspend"
    done(family.supervisor.act(path, family.mother, {"reason": "Court", "basis": "No. 1"}))

    assert family.look_into_late_news() == 1

    assert (family.heard(), family.duties()) == ([], [])


def test_when_no_way_is_left_somebody_must_call(family: CalledOff) -> None:
    meeting = family.plan(starts_at=at(soon(hours=0.8)))
    (text,) = family.worker_step(BUSY)
    family.cancel(meeting)
    family.receipt(text, "SM1", "delivered")
    family.apply()
    family.house.sql(
        "INSERT INTO barred_addresses (id, channel, address_digest, reason, barred_at)"
        " SELECT gen_random_uuid(), 'sms', phone_digest, 'opted_out', now() FROM representatives"
    )

    assert family.look_into_late_news() == 1

    assert (family.heard(), family.look()) == ([], (0, 1))
    assert family.duties() == [("representative-unreached", family.mother["id"])]


@pytest.mark.parametrize("is_suspended", [False, True])
def test_when_it_would_be_over_already_somebody_must_call(family: CalledOff, *, is_suspended: bool) -> None:
    meeting = family.plan(starts_at=at(soon(hours=30)))
    (text,) = family.worker_step(BUSY)
    family.cancel(meeting)
    family.receipt(text, "SM1", "delivered")
    family.apply()
    family.meeting_passes(meeting, hours=32)
    if is_suspended:
        path = f"representatives/{family.mother['id']}/suspend"
        done(family.supervisor.act(path, family.mother, {"reason": "Court", "basis": "No. 1"}))

    assert family.look_into_late_news() == 1

    assert (family.heard(), family.look()) == ([], (0, 0))
    found = done(family.specialist.get("duties"))["items"]
    assert [one["kind"] for one in found] == ["cancellation-not-told"] * (not is_suspended)
    local = clock.in_riga(family.house.sql("SELECT starts_at FROM meetings")[0]["starts_at"])
    assert all(f"{local:%d.%m.%Y} at {local:%H:%M}" in one["text"] for one in found)
