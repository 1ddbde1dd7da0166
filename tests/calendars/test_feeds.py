"""An address for a calendar outside: given once, known by its hash, dead when it should be (D31, D32)."""

import logging
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from bas_service.sealing import keyring_of
from tests.builders import KEYS, House
from tests.calendars.conftest import events, fetch
from tests.callers import PASSWORD, Phone, at_once, done, invalid, refusal_of
from tests.tables import statements_of

MADE_UP = "/calendar/" + "x" * 43 + ".ics"
NOT_THERE = {"type": "not-found"}


def listed(phone: Phone) -> list[dict[str, Any]]:
    return done(phone.get("calendar-feeds"))["items"]


def secret_of(feed: dict[str, Any]) -> str:
    return feed["path"].removeprefix("/calendar/").removesuffix(".ics")


def test_the_address_is_given_once_and_only_a_keyed_hash_of_it_is_kept(house: House, specialist: Phone) -> None:
    form = {"id": str(uuid.uuid4()), "detail": "initials", "with_place": True}

    feed = done(specialist.post("calendar-feeds", form))

    view = form | {"created_at": feed["created_at"], "fetched_at": None, "revoked_at": None, "version": 1}
    public_url = house.app.config["BAS"].public_url
    assert feed == view | {"address": feed["address"]}
    secret = re.fullmatch(rf"{re.escape(public_url)}/calendar/([A-Za-z0-9_-]{{43}})\.ics", feed["address"])[1]
    assert listed(specialist) == [view]
    # A repeat is not told the address: remembering it would be keeping it.
    assert refusal_of(specialist.post("calendar-feeds", form)) == {"type": "id-already-used"}
    kept = "SELECT digest FROM calendar_feeds"
    assert house.sql(kept) == [{"digest": keyring_of(KEYS).digest(secret, "calendar-feed")}]
    assert house.sql("SELECT * FROM answered_requests") == []


def test_least_is_told_when_nothing_is_said(house: House, specialist: Phone) -> None:
    feed = house.a_calendar_feed(specialist)

    assert (feed["detail"], feed["with_place"]) == ("busy", False)


@pytest.mark.parametrize(
    ("form", "place"),
    [
        ({"detail": "everything"}, "/detail"),
        ({"detail": None}, "/detail"),
        ({"with_place": "yes"}, "/with_place"),
        ({"id": "7"}, "/id"),
        ({"language": "lv"}, "/language"),
    ],
)
def test_what_no_calendar_can_be_is_said(specialist: Phone, form: dict[str, Any], place: str) -> None:
    assert refusal_of(specialist.post("calendar-feeds", form)) == invalid(place)
    assert listed(specialist) == []


def test_five_calendars_are_enough_also_when_made_at_the_same_moment(house: House, specialist: Phone) -> None:
    feeds = [house.a_calendar_feed(specialist) for _ in range(3)]

    answers = at_once(*[lambda: specialist.post("calendar-feeds", {})] * 4)

    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409]
    full = refusal_of(specialist.post("calendar-feeds", {}))
    assert full == {"type": "calendar-feeds-full", "most": 5}
    done(specialist.act(f"calendar-feeds/{feeds[0]['id']}/revoke", feeds[0]))
    house.a_calendar_feed(specialist)
    assert len({secret_of(feed) for feed in feeds}) == 3


def test_a_revoked_calendar_is_dead_from_the_next_request_on_and_the_others_live(
    house: House, specialist: Phone
) -> None:
    feed, other = house.a_calendar_feed(specialist), house.a_calendar_feed(specialist)
    path = f"calendar-feeds/{feed['id']}/revoke"
    assert fetch(house, feed["path"]).status_code == 200

    assert specialist.post(path).status_code == 428
    assert specialist.act(path, {"version": 7}).status_code == 412
    revoked = done(specialist.act(path, feed))

    assert (revoked["version"], revoked["revoked_at"] is None) == (2, False)
    assert refusal_of(fetch(house, feed["path"])) == NOT_THERE
    assert fetch(house, other["path"]).status_code == 200
    assert [one["id"] for one in listed(specialist)] == [other["id"]]
    # Said once, it stays.
    assert done(specialist.act(path, revoked)) == revoked


def test_one_sees_and_revokes_ones_own_calendars_only(house: House, supervisor: Phone, specialist: Phone) -> None:
    feed = house.a_calendar_feed(specialist)
    colleague = house.a_specialist(supervisor)

    assert listed(colleague) == []
    assert refusal_of(colleague.act(f"calendar-feeds/{feed['id']}/revoke", feed)) == NOT_THERE
    assert refusal_of(supervisor.get("calendar-feeds")) == {"type": "not-allowed"}
    for who in (colleague, supervisor, None):
        with house.asking(who) as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM calendar_feeds").scalar() == 0
    assert fetch(house, feed["path"]).status_code == 200


def test_a_dead_a_revoked_and_a_made_up_secret_get_the_same_answer_in_the_same_statements(
    app: Flask, house: House, supervisor: Phone, specialist: Phone
) -> None:
    leaving = house.a_specialist(supervisor)
    revoked, of_nobody = house.a_calendar_feed(specialist), house.a_calendar_feed(leaving)
    done(specialist.act(f"calendar-feeds/{revoked['id']}/revoke", revoked))
    house.deactivate(leaving)
    house.sql("DELETE FROM sign_in_attempts")
    made_up = [MADE_UP, "/calendar/x.ics", "/calendar/%00.ics", "/calendar/%ff%fe.ics", f"/calendar/{'ā' * 2000}.ics"]

    answers = {}
    for path in (revoked["path"], of_nobody["path"], *made_up):
        with statements_of(app) as found:
            answer = fetch(house, path, X_Request_Id="same")
        headers = {name: value for name, value in answer.headers.items() if name != "Date"}
        answers[path] = answer.status_code, answer.get_data(), headers, list(found)

    first = answers[revoked["path"]]
    assert first[0] == 404
    assert answers == dict.fromkeys(answers, first)


def test_whoever_leaves_takes_their_calendars_along(house: House, supervisor: Phone, specialist: Phone) -> None:
    feed = house.a_calendar_feed(specialist)
    assert events(house, feed["path"]) == []

    done(supervisor.post(f"specialists/{specialist.account_id}/leave", {"reason": "Aiziet"}))

    assert refusal_of(fetch(house, feed["path"])) == NOT_THERE


def test_an_address_that_guesses_is_slowed_down_and_whoever_knows_is_let_in_from_there(
    house: House, specialist: Phone
) -> None:
    feed = house.a_calendar_feed(specialist)
    statuses = [fetch(house, f"/calendar/{number}.ics").status_code for number in range(102)]

    assert statuses == [404] * 100 + [429] * 2
    slowed = fetch(house, MADE_UP)
    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) >= 1
    assert fetch(house, feed["path"]).status_code == 200
    # A telephone in the same house signs in as ever.
    device = {"id": "new", "name": "new", "platform": "test"}
    form = {"email": specialist.email, "password": PASSWORD, "device": device}
    assert house.app.test_client().post("/api/v1/auth/sign-in", json=form).status_code == 200


def test_no_log_line_and_no_row_holds_the_secret(
    house: House, specialist: Phone, family: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    house.a_meeting(specialist, family["child"])
    feed = house.a_calendar_feed(specialist, detail="given_name")
    secret = secret_of(feed)

    fetch(house, feed["path"])
    fetch(house, feed["path"] + "x")
    listed(specialist)
    done(specialist.act(f"calendar-feeds/{feed['id']}/revoke", feed))
    fetch(house, feed["path"])

    assert secret not in caplog.text
    tables = house.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    holding = [
        table["tablename"]
        for table in tables
        if house.sql(f"SELECT 1 FROM {table['tablename']} t WHERE t::text LIKE :it", it=f"%{secret}%")  # noqa: S608
    ]
    assert holding == []


def test_a_calendar_that_names_a_child_leaves_a_trace_and_one_that_does_not_leaves_none(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    house.a_meeting(specialist, family["child"])
    feeds = {
        (detail, with_place): house.a_calendar_feed(specialist, detail=detail, with_place=with_place)
        for detail, with_place in (("busy", False), ("busy", True), ("initials", False), ("given_name", True))
    }
    house.sql("DELETE FROM trace")

    left = {}
    for which, feed in feeds.items():
        before = house.looks_of(specialist)
        tag = fetch(house, feed["path"]).headers["ETag"]
        left[which] = house.looks_of(specialist)[len(before) :]
        # Whoever has it already is shown nobody.
        assert fetch(house, feed["path"], If_None_Match=tag).status_code == 304
        assert house.looks_of(specialist) == before + left[which]

    look = (family["child"]["id"], "responsible", "calendars.calendar", False)
    assert left == {which: [] if which == ("busy", False) else [look] for which in feeds}
    shown = done(supervisor.get(f"children/{family['child']['id']}/looks"))["items"][0]
    assert (shown["action"], shown["device_name"]) == ("calendars.calendar", None)


def test_when_a_calendar_asked_last_is_known_to_the_minute(house: House, specialist: Phone) -> None:
    feed = house.a_calendar_feed(specialist)

    def fetched_at() -> Any:
        return house.sql("SELECT fetched_at FROM calendar_feeds")[0]["fetched_at"]

    fetch(house, feed["path"])
    first = fetched_at()
    fetch(house, feed["path"])
    assert fetched_at() == first
    assert clock.now() - first < timedelta(minutes=1)
    house.sql("UPDATE calendar_feeds SET fetched_at = fetched_at - interval '61 seconds'")
    fetch(house, feed["path"])
    assert fetched_at() > first
    (shown,) = listed(specialist)
    assert (shown["version"], shown["fetched_at"] is None) == (1, False)
