"""What is held can be read and goes when its time is over; figures stay, and the trace without content (D23)."""

import io
import json
import uuid
import zipfile

import pytest
from flask import Flask

from bas_service.database import rows, transaction
from bas_service.errors import NotFound
from bas_service.retention import export, jobs
from bas_service.retention.jobs import drop_what_is_over
from tests.builders import House, at, soon
from tests.callers import Phone, done


@pytest.fixture
def team(house: House) -> tuple[Phone, Phone, dict]:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor)
    family = house.a_family(supervisor, specialist)
    house.a_meeting(specialist, family["child"], note="Runāsim par skolu")
    return supervisor, specialist, family


def held_about(owner_app: Flask, child: dict) -> dict:
    with owner_app.app_context(), transaction():
        return export.held_about_child(uuid.UUID(child["id"]))


def test_the_archive_holds_everything_about_the_child_and_nothing_of_another(
    house: House, team: tuple[Phone, Phone, dict], owner_app: Flask
) -> None:
    supervisor, specialist, family = team
    other = house.a_family(supervisor, specialist, given_name="Cits")

    held = held_about(owner_app, family["child"])

    assert {table: len(found) for table, found in held.items() if found} == {
        "accounts": 2,
        "announcements": 1,
        "case_complexities": 1,
        "cases": 1,
        "children": 1,
        "meeting_events": 1,
        "meetings": 1,
        "messages": 1,
        "representatives": 1,
        "responsibilities": 1,
        "trace": 4,
    }
    assert held["meetings"][0]["note"] == "Runāsim par skolu"
    assert held["representatives"][0]["phone"] == family["representative"]["phone"]
    assert "Anna" in held["messages"][0]["body"]
    assert other["child"]["id"] not in json.dumps(held)


def test_the_archive_holds_home_school_appointments_and_lists_too(
    house: House, team: tuple[Phone, Phone, dict], owner_app: Flask
) -> None:
    _, specialist, family = team
    where = {"home_address": "Meža iela 5, Ogre", "school": "Izdomātā pamatskola"}
    done(specialist.change(f"children/{family['child']['id']}", {"version": 1}, where))
    appointment = house.an_appointment(specialist, family["child"], place="Poliklīnika", rule="FREQ=DAILY")
    day = appointment["starts_at"][:10]
    done(specialist.act(f"appointments/{appointment['id']}/cancel", appointment, {"day": day}))
    meeting = done(specialist.get("meetings"))["items"][0]
    done(specialist.act(f"meetings/{meeting['id']}/start", meeting, {"unannounced_reason": "Steidzami"}))

    held = json.loads(json.dumps(held_about(owner_app, family["child"])))

    assert {name: held["children"][0][name] for name in where} == where
    (kept,) = held["appointments"]
    assert (kept["title"], kept["place"], kept["days_off"]) == ("Logopēds", "Poliklīnika", [day])
    assert held["meetings"][0]["had_to_be_told"] == [family["representative"]["id"]]


def test_the_archive_is_data_and_a_page_on_which_nothing_of_the_content_can_act(
    house: House, team: tuple[Phone, Phone, dict], owner_app: Flask
) -> None:
    _, specialist, family = team
    house.a_meeting(specialist, family["child"], starts_at=at(soon(hours=24 * 60)), note="<script>alert(1)</script>")

    held = held_about(owner_app, family["child"])
    packed = zipfile.ZipFile(io.BytesIO(export.archive_of(held, "Everything")))

    assert sorted(packed.namelist()) == ["data.json", "index.html"]
    assert json.loads(packed.read("data.json")) == held
    page = packed.read("index.html").decode()
    assert "Runāsim par skolu" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_representatives_archive_holds_nothing_of_the_other_parent(
    house: House, team: tuple[Phone, Phone, dict], owner_app: Flask
) -> None:
    supervisor, _, family = team
    house.a_representative(supervisor, family["child"], name="Tētis Izdomāts")

    with owner_app.app_context(), transaction():
        held = export.held_about_representative(uuid.UUID(family["representative"]["id"]))

    assert [row["name"] for row in held["representatives"]] == ["Mamma Izdomāta"]
    assert len(held["messages"]) == 1
    assert "Tētis" not in json.dumps(held, ensure_ascii=False)


def test_nothing_is_held_under_an_unknown_id(house: House, owner_app: Flask) -> None:
    with owner_app.app_context(), pytest.raises(NotFound), transaction():
        export.held_about_child(uuid.uuid4())


def erase(worker_app: Flask, child: dict) -> bool:
    with worker_app.app_context(), transaction():
        return rows("SELECT erase_child(:child) AS erased", child=child["id"])[0]["erased"]


def test_erasing_takes_the_person_and_leaves_the_figures_and_the_trace(
    house: House, team: tuple[Phone, Phone, dict], worker_app: Flask, owner_app: Flask
) -> None:
    supervisor, specialist, family = team
    child, case = family["child"], family["case"]
    assert erase(worker_app, child) is False
    where = {"home_address": "Meža iela 5, Ogre", "school": "Izdomātā pamatskola"}
    done(specialist.change(f"children/{child['id']}", {"version": 1}, where))
    words = {"title": "Logopēds", "place": "Poliklīnika", "asked_by": "Ārste Liepa", "note": "Līdzi kartīte"}
    house.an_appointment(specialist, child, **words)
    meeting = done(specialist.get("meetings"))["items"][0]
    told = {"representative_id": family["representative"]["id"], "means": "phone", "note": "Atbildēja vectēvs"}
    done(specialist.post(f"meetings/{meeting['id']}/told", told))
    done(specialist.act(f"meetings/{meeting['id']}/cancel", meeting, {"reason": "child_ill"}))
    done(supervisor.act(f"cases/{case['id']}/close", case, {"reason": "goal_reached", "outcome": "Labs"}))

    house.sql("UPDATE messages SET subject_line = 'Par Annu', attachment = 'Bibliotēka'")

    assert erase(worker_app, child) is True
    assert erase(worker_app, child) is False

    held = held_about(owner_app, child)
    content = json.dumps({table: found for table, found in held.items() if table != "accounts"}, ensure_ascii=False)
    for gone in (
        "Anna",
        "Izdomāta",
        "Mamma",
        family["representative"]["phone"],
        "Bibliotēka",
        "skolu",
        "Pārcēlās",
        "Slims",
        "vectēvs",
        *where.values(),
        *words.values(),
    ):
        assert gone not in content
    assert held["children"][0]["municipality"] == "LV-RIX"
    assert held["children"][0]["birth_date"].endswith("-01-01")
    assert (held["meetings"][0]["state"], held["meetings"][0]["expected_minutes"]) == ("cancelled", 90)
    assert (held["appointments"][0]["minutes"], held["appointments"][0]["title"]) == (60, "—")
    assert len(held["trace"]) >= 5
    shown = done(supervisor.get(f"meetings/{meeting['id']}"))
    assert [announcement["text"] for announcement in shown["announcements"]] == [None, None]


def test_texts_and_numbers_of_old_messages_go_while_fact_time_and_outcome_stay(
    house: House, team: tuple[Phone, Phone, dict], worker_app: Flask
) -> None:
    house.sql(
        "UPDATE messages SET state = 'delivered', created_at = now() - interval '731 days',"
        " subject_line = 'Tikšanās', attachment = 'BEGIN:VCALENDAR'"
    )

    with worker_app.app_context(), transaction():
        done_first = drop_what_is_over()
    with worker_app.app_context(), transaction():
        assert drop_what_is_over() == []

    assert {run["kind"]: run["affected"] for run in done_first} == {
        "alarms": 0,
        "closed_case": 0,
        "declined_referral": 0,
        "inbound_texts": 0,
        "message_content": 1,
        "partner_work": 0,
        "receipts": 0,
        "reply_content": 0,
        "trace": 0,
    }
    content = dict.fromkeys(("body", "recipient", "recipient_digest", "subject_line", "attachment"))
    assert house.sql(f"SELECT state, parts, {', '.join(content)} FROM messages") == [  # noqa: S608
        {"state": "delivered", "parts": 2} | content
    ]
    assert house.sql("SELECT kind, affected FROM retention_runs WHERE affected > 0") == [
        {"kind": "message_content", "affected": 1}
    ]


def test_a_younger_message_keeps_its_text_and_a_new_policy_counts_from_its_day(
    house: House, team: tuple[Phone, Phone, dict], worker_app: Flask
) -> None:
    house.sql("UPDATE messages SET state = 'delivered', created_at = now() - interval '700 days'")
    with worker_app.app_context(), transaction():
        drop_what_is_over()
    assert house.sql("SELECT count(*) FROM messages WHERE body IS NULL") == [{"count": 0}]

    house.sql("DELETE FROM retention_runs")
    house.sql(
        "INSERT INTO retention_policies SELECT gen_random_uuid(), 'message_content', current_date - 1, 30, now(), id"
        " FROM accounts LIMIT 1"
    )
    try:
        with worker_app.app_context(), transaction():
            drop_what_is_over()
    finally:
        house.sql("DELETE FROM retention_policies WHERE created_by IS NOT NULL")

    assert house.sql("SELECT count(*) FROM messages WHERE body IS NULL") == [{"count": 1}]


def test_a_kind_that_only_a_newer_version_knows_is_left_to_it(
    house: House, worker_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(jobs._DROP, "declined_referral")

    with worker_app.app_context(), transaction():
        done_now = {run["kind"] for run in drop_what_is_over()}

    assert done_now == jobs._DROP.keys()
    assert "trace" in done_now


def test_a_case_closed_long_ago_is_erased_by_the_worker(
    house: House, team: tuple[Phone, Phone, dict], worker_app: Flask
) -> None:
    supervisor, specialist, family = team
    meeting = done(specialist.get("meetings"))["items"][0]
    done(specialist.act(f"meetings/{meeting['id']}/cancel", meeting, {"reason": "child_ill"}))
    done(
        supervisor.act(
            f"cases/{family['case']['id']}/close", family["case"], {"reason": "goal_reached", "outcome": "y"}
        )
    )
    house.sql("UPDATE cases SET closed_at = now() - interval '11 years'")

    with worker_app.app_context(), transaction():
        done_now = {run["kind"]: run["affected"] for run in drop_what_is_over()}

    assert done_now["closed_case"] == 1
    assert house.sql("SELECT given_name, erased_at IS NOT NULL AS erased FROM children") == [
        {"given_name": "—", "erased": True}
    ]


def test_the_application_cannot_erase_and_nobody_drops_the_trace_of_this_year(
    house: House, app: Flask, worker_app: Flask
) -> None:
    with app.app_context(), pytest.raises(Exception, match="permission denied"), transaction():
        rows("SELECT erase_child(gen_random_uuid())")
    with worker_app.app_context(), pytest.raises(Exception, match="kept for a year"), transaction():
        rows("SELECT drop_old_trace(current_date)")
