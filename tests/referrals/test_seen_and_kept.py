"""Who sees a referral, what of it is traced, how long it is kept, and that it goes with the child (D23, D32)."""

import json
import uuid
from typing import Any

import pytest
from flask import Flask

from bas_service.database import rows, transaction
from bas_service.retention import export
from bas_service.retention.jobs import drop_what_is_over
from tests.builders import FIRST_FORM, FITTING, REFERRAL, House
from tests.callers import Phone, done, refusal_of

GONE = ("Jānis", "Izdom", "320000-00008", "+371 20000300", "Kavē", "Māte", "Krīze")


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


def counted(house: House, phone: Phone | None, table: str) -> int:
    with house.asking(phone) as connection:
        return connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()


def test_a_referral_is_for_coordinators_and_supervisors_until_there_is_a_case_then_it_goes_with_the_child(
    house: House, supervisor: Phone
) -> None:
    specialist, colleague = house.a_specialist(supervisor), house.a_specialist(supervisor)
    coordinator, other = house.a_coordinator(), house.a_supervisor()
    everybody = [supervisor, other, coordinator, house.an_administrator(), specialist, colleague, None]
    referral = house.a_screened_referral(coordinator)
    for table in ("referrals", "screenings"):
        assert [counted(house, phone, table) for phone in everybody] == [1, 1, 1, 0, 0, 0, 0]

    accepted = done(coordinator.act(f"referrals/{referral['id']}/accept", referral))
    for table in ("referrals", "screenings"):
        assert [counted(house, phone, table) for phone in everybody] == [1, 1, 1, 0, 0, 0, 0]
    house.a_case(supervisor, {"id": accepted["child_id"]}, specialist)

    for table in ("referrals", "screenings"):
        assert [counted(house, phone, table) for phone in everybody] == [1, 0, 0, 0, 1, 0, 0]
    assert done(supervisor.get(f"referrals/{referral['id']}"))["reason"] == REFERRAL["reason"]
    for phone in (other, coordinator):
        assert refusal_of(phone.get(f"referrals/{referral['id']}")) == {"type": "not-found"}
        assert done(phone.get("referrals"))["items"] == []


INSERT = (
    "INSERT INTO referrals (id, state, priority, received_on, referrer_kind, referrer_name, reason, given_name,"
    " family_name, search_key, municipality, language, version, created_at, created_by, child_id)"
    " VALUES (gen_random_uuid(), 'new', 'normal', now(), 'person', 'x', 'x', 'x', 'x', 'x', 'LV-RIX', 'lv', 1, now(),"
    " {by}, {child})"
)
ANSWER = (
    "INSERT INTO screenings (id, referral_id, form_id, answers, created_at, created_by)"
    " SELECT gen_random_uuid(), '{referral}', '" + FIRST_FORM + "', '{{}}', now(), asking_account()"
)


def tried(house: House, phone: Phone | None, statement: str) -> str | int:
    """How many rows a statement touched, or the SQLSTATE with which the database refuses it."""
    with house.asking(phone) as connection:
        try:
            return connection.exec_driver_sql(statement).rowcount
        except Exception as error:
            return error.orig.sqlstate  # type: ignore[attr-defined]


def test_the_database_lets_nobody_else_write_a_referral_or_in_somebody_elses_name(
    house: House, supervisor: Phone
) -> None:
    specialist, administrator = house.a_specialist(supervisor), house.an_administrator()
    own = INSERT.format(by="asking_account()", child="NULL")
    others = INSERT.format(by=f"'{administrator.account_id}'", child="NULL")
    writers = [supervisor, house.a_coordinator()]
    assert [tried(house, phone, own) for phone in writers] == [1, 1]
    assert [tried(house, phone, own) for phone in (specialist, administrator, None)] == ["42501"] * 3
    assert [tried(house, phone, others) for phone in writers] == ["42501"] * 2
    accepted = house.an_accepted_referral(supervisor)
    open_one = house.a_referral(supervisor)
    house.a_case(supervisor, {"id": accepted["child_id"]}, specialist)
    change = f"UPDATE referrals SET priority = 'high' WHERE id = '{accepted['id']}'"
    assert [tried(house, phone, change) for phone in (*writers, specialist)] == [1, 0, 0]
    answer = ANSWER.format(referral=open_one["id"])
    assert [tried(house, phone, answer) for phone in (*writers, specialist)] == [1, 1, "42501"]
    # Of what is decided the answers stay as they were.
    assert tried(house, supervisor, ANSWER.format(referral=accepted["id"])) == "42501"


def test_each_look_at_a_referral_is_in_the_trace_of_the_child_that_it_becomes(
    house: House, supervisor: Phone
) -> None:
    coordinator = house.a_coordinator()
    referral = house.a_referral(coordinator)
    done(supervisor.get(f"referrals/{referral['id']}"))
    done(supervisor.get("referrals"))
    saved = {"form_id": FIRST_FORM, "answers": FITTING}
    referral = done(coordinator.act(f"referrals/{referral['id']}/screening", referral, saved))
    referral = done(coordinator.act(f"referrals/{referral['id']}/accept", referral))
    done(coordinator.get("waiting-list"))
    house.a_case(supervisor, {"id": referral["child_id"]}, house.a_specialist(supervisor))

    # The referral may have waited for months before there was a child.
    house.sql("UPDATE children SET created_at = created_at + interval '90 days'")

    looks = done(supervisor.get(f"children/{referral['child_id']}/looks"))["items"]

    assert [(look["action"].partition(".")[2], look["because"]) for look in reversed(looks)] == [
        *[(action, "referred") for action in ("enter", "show", "page", "screen")],
        *[(action, "waiting") for action in ("accept", "waiting_list")],
        ("open_case", "team"),
    ]


def held_about(owner_app: Flask, child_id: str) -> dict[str, Any]:
    with owner_app.app_context(), transaction():
        return export.held_about_child(uuid.UUID(child_id))


def erase(worker_app: Flask, child_id: str) -> bool:
    with worker_app.app_context(), transaction():
        return rows("SELECT erase_child(:child) AS erased", child=child_id)[0]["erased"]


def test_what_referred_a_child_is_in_its_archive_and_goes_when_the_child_is_erased(
    house: House, supervisor: Phone, owner_app: Flask, worker_app: Flask
) -> None:
    accepted = house.an_accepted_referral(
        supervisor, id="0190aaaa-0000-7000-8000-000000000001", personal_code="320000-00008"
    )
    other = house.a_referral(supervisor, given_name="Cits")
    held = held_about(owner_app, accepted["child_id"])
    assert [(row["reason"], row["referrer_name"]) for row in held["referrals"]] == [
        (REFERRAL["reason"], "Izdomātā pamatskola")
    ]
    assert [json.loads(row["answers"]) for row in held["screenings"]] == [FITTING]
    assert [row["name"] for row in held["accounts"]] == [
        done(supervisor.get("me"))["name"],
    ]
    assert other["id"] not in json.dumps(held)

    assert erase(worker_app, accepted["child_id"]) is True

    held = held_about(owner_app, accepted["child_id"])
    left = json.dumps({table: found for table, found in held.items() if table != "accounts"}, ensure_ascii=False)
    assert [word for word in GONE if word in left] == []
    assert held["screenings"] == []
    (row,) = held["referrals"]
    assert (row["state"], row["municipality"], row["birth_date"][4:]) == ("accepted", "LV-RIX", "-01-01")
    # Nor can it be had by sending the creation once more.
    assert house.sql("SELECT count(*) FROM answered_requests WHERE key LIKE 'id:0190aaaa%'") == [{"count": 0}]
    assert done(supervisor.get("waiting-list"))["items"] == []
    assert done(supervisor.get(f"referrals/{other['id']}")) == other | {"possible_duplicates": []}


def test_declined_and_withdrawn_referrals_are_kept_for_a_year_and_others_as_long_as_they_are_open(
    house: House, supervisor: Phone, worker_app: Flask
) -> None:
    made = [house.a_screened_referral(supervisor, personal_code="320000-00008") for _ in range(5)]
    words = {"words": "Māte nepiekrīt"}
    for referral, how, form in zip(
        made[:4],
        ("decline", "withdraw", "wait", "decline"),
        ({"reason": "other"}, {}, {}, {"reason": "other"}),
        strict=True,
    ):
        key = f"{how}-{referral['id']}"
        done(supervisor.act(f"referrals/{referral['id']}/{how}", referral, form | words, Idempotency_Key=key))
    house.sql(
        "UPDATE referrals SET decided_at = now() - interval '366 days' WHERE id <> :young AND decided_at IS NOT NULL",
        young=made[3]["id"],
    )

    with worker_app.app_context(), transaction():
        done_now = {run["kind"]: run["affected"] for run in drop_what_is_over()}

    assert done_now["declined_referral"] == 2
    old = house.sql("SELECT * FROM referrals WHERE erased_at IS NOT NULL ORDER BY state")
    assert [(row["state"], row["given_name"], row["decline_reason"]) for row in old] == [
        ("declined", "—", "other"),
        ("withdrawn", "—", None),
    ]
    assert [word for word in GONE if any(word in str(row) for row in old)] == []
    assert [row["personal_code_digest"] for row in old] == [None, None]
    assert house.sql("SELECT count(*) FROM screenings") == [{"count": 3}]
    # Remembered answers show all five, as each looks like the others.
    assert house.sql("SELECT * FROM answered_requests") == []
    shown = done(supervisor.get(f"referrals/{made[0]['id']}"))
    assert (shown["reason"], shown["screening"], shown["possible_duplicates"]) == ("—", None, [])
    assert {
        found["referral_id"] for found in done(supervisor.get(f"referrals/{made[2]['id']}"))["possible_duplicates"]
    } == {made[3]["id"], made[4]["id"]}


def test_the_application_erases_no_referral(house: House, supervisor: Phone) -> None:
    for statement in ("SELECT erase_referrals('{}')", "SELECT erase_declined_referrals(now())"):
        assert tried(house, supervisor, statement) == "42501"
