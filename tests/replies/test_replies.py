"""What representatives answer: with each child that is theirs, somebody's to read, once for a burst (D16, D29)."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy
from flask import Flask

from bas_service import clock
from bas_service.database import new_id, transaction
from bas_service.meetings.jobs import unreached_before_meetings
from bas_service.messaging import inbound
from bas_service.replies import service
from bas_service.replies.jobs import take_reply
from bas_service.retention import export
from bas_service.retention.jobs import drop_what_is_over
from tests.builders import House
from tests.callers import Phone, done
from tests.tables import statements_of

REPLIED = "representative-replied"


class Family:
    """A child with a mother, a specialist, a supervisor; texts come in as the hook keeps them."""

    def __init__(self, house: House, app: Flask, worker_app: Flask) -> None:
        self.house = house
        self._app = app
        self._worker_app = worker_app
        self.supervisor = house.a_supervisor()
        self.specialist = house.a_specialist(self.supervisor)
        family = house.a_family(self.supervisor, self.specialist)
        self.child, self.case = family["child"], family["case"]
        self.mother = family["representative"]
        self.number = self.mother["phone"]

    def writes(self, text: str, *, number: str | None = None) -> None:
        """A text comes in and waits for a worker."""
        with self._app.app_context(), transaction():
            inbound.note_text(f"SM{new_id().hex}", sender=number or self.number, body=text)

    def take(self) -> int:
        """A worker takes everything up; how many texts there were."""
        taken = 0
        with self._worker_app.app_context():
            while True:
                with transaction():
                    if not take_reply():
                        return taken
                taken += 1

    def look(self) -> int:
        """A worker looks for whom no text reaches; how many duties are new."""
        with self._worker_app.app_context(), transaction():
            return unreached_before_meetings()

    def says(self, text: str, *, number: str | None = None) -> None:
        """A text comes in and is taken up."""
        self.writes(text, number=number)
        assert self.take() == 1

    def replies(self, who: Phone | None = None, child: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """The replies as somebody sees them."""
        return done((who or self.specialist).get(f"children/{(child or self.child)['id']}/replies"))["items"]

    def duties(self, who: Phone | None = None, state: str = "open") -> list[dict[str, Any]]:
        """The duties to read replies."""
        found = done((who or self.specialist).get(f"duties?state={state}"))["items"]
        return [duty for duty in found if duty["kind"] == REPLIED]

    def read(self, reply: dict[str, Any], who: Phone | None = None) -> dict[str, Any]:
        """Mark a reply as read."""
        return done((who or self.specialist).post(f"replies/{reply['id']}/read", {}))

    def suspend(self) -> None:
        """The mother's custody is suspended."""
        why = {"reason": "custody", "basis": "decision 1"}
        done(self.supervisor.act(f"representatives/{self.mother['id']}/suspend", self.mother, why))


@pytest.fixture
def family(house: House, app: Flask, worker_app: Flask) -> Family:
    return Family(house, app, worker_app)


# --- whose it is


def test_a_reply_is_shown_with_the_child_and_is_somebodys_to_read(family: Family) -> None:
    before = clock.now()
    family.says("Anna šodien nenāks")

    (reply,) = family.replies()
    assert reply | {"id": "", "received_at": ""} == {
        "id": "",
        "child_id": family.child["id"],
        "representative": {"id": family.mother["id"], "name": "Mamma Izdomāta", "relation": "parent"},
        "standing": "in_force",
        "text": "Anna šodien nenāks",
        "wish": None,
        "received_at": "",
        "read_at": None,
        "read_by": None,
    }
    (duty,) = family.duties()
    assert (duty["child"]["id"], duty["about_id"], duty["representative_id"]) == (
        family.child["id"],
        family.mother["id"],
        family.mother["id"],
    )
    assert clock.in_riga(before).strftime("%d.%m.%Y") in duty["text"]
    # Nothing but what lies with the child is left, and nobody was answered.
    assert family.house.sql("SELECT sender, body, known FROM inbound_texts") == [
        {"sender": None, "body": None, "known": True}
    ]
    assert family.house.sql("SELECT * FROM messages") == []
    assert family.replies(family.supervisor) == [reply]


def test_a_number_of_several_belongs_to_each_child_and_the_reply_too(family: Family, house: House) -> None:
    other_supervisor = house.a_supervisor()
    other_specialist = house.a_specialist(other_supervisor)
    cousin = house.a_child(other_supervisor, given_name="Juris")
    house.a_representative(other_supervisor, cousin, name="Tante Izdomāta", phone=family.number)
    house.a_case(other_supervisor, cousin, other_specialist)
    father = house.a_representative(family.supervisor, family.child, name="Tētis Izdomāts", phone=family.number)

    family.says("Labi")

    assert sorted(reply["representative"]["name"] for reply in family.replies()) == [
        "Mamma Izdomāta",
        "Tētis Izdomāts",
    ]
    (theirs,) = family.replies(other_specialist, cousin)
    assert theirs["representative"]["name"] == "Tante Izdomāta"
    assert {duty["about_id"] for duty in family.duties()} == {family.mother["id"], father["id"]}
    assert len(family.duties(other_specialist)) == 1
    # What one of them reads, the other one still has to.
    family.read(theirs, other_specialist)
    assert (len(family.duties(other_specialist)), len(family.duties())) == (0, 2)


def test_what_a_suspended_representative_writes_is_kept_and_shown_as_such(family: Family) -> None:
    family.says("Kur ir Anna?")
    family.suspend()
    family.says("Es zinu, ka viņa ir pie jums")

    assert [(reply["text"], reply["standing"]) for reply in family.replies()] == [
        ("Es zinu, ka viņa ir pie jums", "suspended"),
        ("Kur ir Anna?", "in_force"),
    ]
    assert len(family.duties()) == 1


@pytest.mark.parametrize(
    ("begins", "ends", "standing"), [(-9, -1, "not_in_force"), (-9, 0, "in_force"), (1, 9, "not_in_force")]
)
def test_the_days_of_a_representation_count_as_they_were_when_the_text_came(
    family: Family, begins: int, ends: int, standing: str
) -> None:
    days = {"begins": clock.today() + timedelta(days=begins), "ends": clock.today() + timedelta(days=ends)}
    family.house.sql("UPDATE representatives SET valid_from = :begins, valid_until = :ends", **days)

    family.says("Labi")

    assert [reply["standing"] for reply in family.replies()] == [standing]


def test_a_child_without_a_case_keeps_the_reply_and_nobody_has_a_duty(family: Family, house: House) -> None:
    closing = {"reason": "goal_reached", "outcome": "Labi"}
    done(family.supervisor.act(f"cases/{family.case['id']}/close", family.case, closing))

    family.says("Paldies par visu")

    assert [reply["text"] for reply in family.replies(family.supervisor)] == ["Paldies par visu"]
    assert house.sql("SELECT id FROM duties WHERE kind = :kind", kind=REPLIED) == []


def test_a_change_of_specialist_takes_replies_and_duty_along(family: Family, house: House) -> None:
    family.says("Labi")
    successor = house.a_specialist(family.supervisor)
    to = {"to_specialist_id": str(successor.account_id), "reason": "Slims"}
    done(family.supervisor.act(f"cases/{family.case['id']}/transfer", family.case, to))

    assert len(family.duties(successor)) == 1
    assert [reply["text"] for reply in family.replies(successor)] == ["Labi"]
    assert family.specialist.get(f"children/{family.child['id']}/replies").status_code == 404


# --- nobody's


def test_a_number_that_is_nobodys_is_seen_by_those_who_enter_people_only(family: Family, house: House) -> None:
    family.says("Kas jūs esat?", number="+37120007777")

    assert family.replies() == []
    for who in (house.a_coordinator(), house.an_administrator()):
        (text,) = done(who.get("replies/unknown"))["items"]
        assert (text["sender"], text["text"], text["wish"]) == ("+37120007777", "Kas jūs esat?", None)
    for who in (family.specialist, family.supervisor):
        assert who.get("replies/unknown").status_code == 403
        with house.asking(who) as connection:
            assert connection.execute(sqlalchemy.text("SELECT count(*) FROM inbound_texts")).scalar() == 0


def test_what_is_not_taken_up_yet_is_seen_by_nobody(family: Family, house: House) -> None:
    family.writes("Kas jūs esat?", number="+37120007777")

    assert done(house.a_coordinator().get("replies/unknown"))["items"] == []
    assert family.take() == 1
    assert len(done(house.a_coordinator().get("replies/unknown"))["items"]) == 1


# --- who wants no more texts


def barred(house: House) -> list[tuple[str, str, bool]]:
    """The bars there were, in the order they were made: which address, why, whether it is lifted."""
    found = house.sql("SELECT address_digest, reason, lifted_at FROM barred_addresses ORDER BY barred_at")
    return [(row["address_digest"], row["reason"], row["lifted_at"] is not None) for row in found]


def test_stop_bars_the_number_start_lifts_it_and_both_are_the_specialists_to_read(
    family: Family, house: House
) -> None:
    family.says("Vai tiešām stop?")
    assert barred(house) == []

    family.says("STOP")
    assert barred(house) == [(house.digest(family.number), "opted_out", False)]
    family.says("Stop")
    assert len(barred(house)) == 1
    family.says("Sākt")
    assert barred(house) == [(house.digest(family.number), "opted_out", True)]
    assert [reply["wish"] for reply in family.replies()] == ["start", "stop", "stop", None]
    assert len(family.duties()) == 1


def test_stop_of_a_number_that_is_nobodys_is_heeded_too(family: Family, house: House) -> None:
    family.says("стоп", number="+37120007777")

    assert barred(house) == [(house.digest("+37120007777"), "opted_out", False)]


@pytest.mark.parametrize(("words", "is_barred"), [(("STOP", "START"), False), (("START", "STOP"), True)])
def test_of_two_words_the_last_one_counts_whichever_worker_is_first(
    family: Family, house: House, worker_app: Flask, words: tuple[str, str], is_barred: bool
) -> None:
    """One worker has the first word in hand while another takes the second one up."""
    for word in words:
        family.writes(word)
    with worker_app.app_context(), transaction():
        first = inbound.take_text()
        assert first is not None
        with ThreadPoolExecutor(1) as other:
            assert other.submit(family.take).result() == 1
        inbound.heed(first)
        service.take_up(first)

    in_force = [bar for bar in barred(house) if not bar[2]]
    assert in_force == [(house.digest(family.number), "opted_out", False)] * is_barred


# --- once for a burst


def test_a_burst_is_one_duty_until_all_of_it_is_read(family: Family) -> None:
    for text in ("Labi", "un vēl", "paldies"):
        family.says(text)
    assert len(family.duties()) == 1

    latest, middle, first = family.replies()
    family.read(latest)
    family.read(first)
    assert len(family.duties()) == 1
    family.read(middle)
    assert (family.duties(), len(family.duties(state="lapsed"))) == ([], 1)

    family.says("Vēl kas")
    assert len(family.duties()) == 1


def test_a_duty_said_to_be_done_is_raised_anew_by_the_next_text(family: Family) -> None:
    family.says("Labi")
    (duty,) = family.duties()
    done(family.specialist.act(f"duties/{duty['id']}/finish", duty, {}))
    assert family.duties() == []

    family.says("Vēl kas")

    assert len(family.duties()) == 1


def test_read_twice_is_read_by_the_first(family: Family) -> None:
    family.says("Labi")
    (reply,) = family.replies()

    first = family.read(reply, family.supervisor)
    second = family.read(reply)

    assert first["read_by"] == second["read_by"] == str(family.supervisor.account_id)
    assert first["read_at"] == second["read_at"] is not None


def test_many_workers_take_each_text_up_once_and_raise_one_duty(family: Family) -> None:
    for number in range(12):
        family.writes(f"Ziņa {number}")

    with ThreadPoolExecutor(6) as workers:
        taken = list(workers.map(lambda _: family.take(), range(6)))

    assert sum(taken) == 12
    assert sorted(reply["text"] for reply in family.replies()) == sorted(f"Ziņa {number}" for number in range(12))
    assert len(family.duties()) == 1


def test_whatever_is_read_while_texts_come_what_is_unread_has_a_duty(family: Family) -> None:
    dice = random.Random(16)

    def write(number: int) -> None:
        family.writes(f"Ziņa {number}")
        family.take()

    def read(_: int) -> None:
        replies = family.replies()
        for reply in dice.sample(replies, len(replies)):
            family.read(reply)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda job: job[0](job[1]), [(read if n % 2 else write, n) for n in range(24)]))
    family.take()

    unread = [reply for reply in family.replies() if reply["read_at"] is None]
    assert len(family.replies()) == 12
    assert len(family.duties()) == (1 if unread else 0)
    for reply in unread:
        family.read(reply)
    assert family.duties() == []


def test_a_text_that_comes_while_the_last_one_is_read_waits_and_is_a_duty_of_its_own(
    family: Family, house: House
) -> None:
    family.says("Labi")
    (reply,) = family.replies()
    family.writes("Vēl kas")

    with house.meanwhile(family.take) as meanwhile:
        # What the specialist's reading does, not committed yet.
        meanwhile.run(
            "UPDATE replies SET read_at = now(), read_by = :by WHERE id = :id",
            by=family.specialist.account_id,
            id=reply["id"],
        )
        meanwhile.run("UPDATE duties SET state = 'lapsed', ended_at = now() WHERE kind = :kind", kind=REPLIED)

    assert meanwhile.waited
    assert [(one["text"], one["read_at"] is None) for one in family.replies()] == [("Vēl kas", True), ("Labi", False)]
    assert len(family.duties()) == 1


# --- lists


def test_replies_come_in_pages_the_latest_first_and_a_page_is_as_many_statements_for_three_as_for_one(
    family: Family, app: Flask
) -> None:
    path = f"children/{family.child['id']}/replies"
    family.says("1")
    # The first request of a device is a little longer: it leaves a trace of its own.
    done(family.specialist.get(path))
    with statements_of(app) as for_one:
        done(family.specialist.get(path))
    for text in ("2", "3"):
        family.says(text)
    with statements_of(app) as for_three:
        done(family.specialist.get(path))
    assert len(for_three) == len(for_one)

    first = done(family.specialist.get(f"{path}?limit=2"))
    rest = done(family.specialist.get(f"{path}?limit=2&cursor={first['next']}"))
    assert [reply["text"] for reply in first["items"] + rest["items"]] == ["3", "2", "1"]
    assert rest["next"] is None


def test_texts_of_nobody_come_in_pages_too(family: Family, house: House) -> None:
    coordinator = house.a_coordinator()
    for text in ("1", "2", "3"):
        family.says(text, number="+37120007777")

    first = done(coordinator.get("replies/unknown?limit=2"))
    rest = done(coordinator.get(f"replies/unknown?limit=2&cursor={first['next']}"))

    assert [text["text"] for text in first["items"] + rest["items"]] == ["3", "2", "1"]


def test_who_looks_at_replies_or_reads_one_is_in_the_trace(family: Family, house: House) -> None:
    family.says("Labi")
    (reply,) = family.replies()
    family.read(reply)

    assert house.looks_of(family.specialist) == [
        (family.child["id"], "responsible", "replies.of_child", False),
        (family.child["id"], "responsible", "replies.read", True),
    ]


# --- as long as needed


def test_replies_go_with_their_time_and_texts_of_nobody_after_a_month(
    family: Family, house: House, worker_app: Flask
) -> None:
    family.says("Labi")
    family.says("Kas jūs esat?", number="+37120007777")
    house.sql("UPDATE replies SET received_at = now() - interval '729 days'")
    house.sql("UPDATE inbound_texts SET received_at = now() - interval '29 days'")
    family.writes("Vēl nav ņemts")
    house.sql("UPDATE inbound_texts SET received_at = now() - interval '99 days' WHERE taken_at IS NULL")

    def affected() -> dict[str, int]:
        house.sql("DELETE FROM retention_runs")
        with worker_app.app_context(), transaction():
            return {run["kind"]: run["affected"] for run in drop_what_is_over() if run["affected"]}

    assert affected() == {}
    house.sql("UPDATE replies SET received_at = received_at - interval '2 days'")
    house.sql("UPDATE inbound_texts SET received_at = received_at - interval '2 days'")
    assert affected() == {"reply_content": 1, "inbound_texts": 2}
    assert [(reply["text"], reply["standing"]) for reply in family.replies()] == [(None, "in_force")]
    # What nobody has taken up yet is never dropped unread.
    assert len(house.sql("SELECT id FROM inbound_texts")) == 1


def test_a_childs_archive_holds_its_replies_and_erasing_takes_what_they_say(
    family: Family, house: House, owner_app: Flask, worker_app: Flask
) -> None:
    family.says("Anna ir slima")
    family.read(family.replies()[0])
    closing = {"reason": "goal_reached", "outcome": "Labi"}
    done(family.supervisor.act(f"cases/{family.case['id']}/close", family.case, closing))

    def held() -> dict[str, Any]:
        with owner_app.app_context(), transaction():
            return export.held_about_child(family.child["id"])

    assert [reply["body"] for reply in held()["replies"]] == ["Anna ir slima"]
    with owner_app.app_context(), transaction():
        of_mother = export.held_about_representative(family.mother["id"])
    assert [reply["body"] for reply in of_mother["replies"]] == ["Anna ir slima"]
    house.sql("SELECT erase_child(:child)", child=family.child["id"])
    assert "slima" not in json.dumps(held(), ensure_ascii=False)
    assert [reply["standing"] for reply in held()["replies"]] == ["in_force"]
