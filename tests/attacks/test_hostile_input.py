"""Attacks through what is sent: SQL in every filter, members nobody asked for, texts that break out, odd paths.

Every wrong type, two megabytes, a body nested 100,000 deep and unreadable JSON, on every route that writes, stand in
``the_house/test_bad_input.py``, which looks for changes in the database as well.
"""

import re
from typing import Any

import pytest

from bas_service.access.rules import Role
from bas_service.database import db
from bas_service.http.fields import UNWANTED
from tests.attacks.scene import NAMES, OF_TEAMS, READING, ROUTES, WRITING, Scene, parameters_of, places_in_the_path
from tests.builders import House, at, soon
from tests.the_house.requests_by_schema import Operation, kind_of, members_of, with_value

WITH_A_BODY = [operation for operation in WRITING if operation.body is not None]
SQL = [
    "' OR '1'='1",
    "'; DELETE FROM children; --",
    "%' UNION SELECT name FROM accounts --",
    "\\'; SELECT pg_sleep(9) --",
    "1) OR (1=1",
    "%",
    NAMES["child"],
]
# Ways to ask for an order or a choice that elsewhere often end in SQL.
UNDECLARED = ["sort", "order_by", "filter", "fields", "where", "include", "offset", "specialist"]
TEXTS = {
    "SQL": "'); DELETE FROM children; --",
    "a second line": "Anna\r\nTo: +37120009999\r\n\r\nNāc tūlīt",
    "a turn of direction": "Anna \u202e2000",
    "a template": "{ $child } {{ 7 * 7 }} ${7*7} %(child)s",
}
# What every table has, and what elsewhere decides who somebody is.
COLUMNS = {column.name for table in db.metadata.tables.values() for column in table.columns}
NOT_TO_BE_ASSIGNED = sorted(COLUMNS | {"is_admin", "roles", "permissions", "__class__", "constructor", "_deleted"})


def test_no_filter_and_no_order_reaches_the_database_as_sql(house: House) -> None:
    scene = Scene(house)

    for operation in [one for one in READING if one in OF_TEAMS]:
        asked = [{name: text} for name in parameters_of(operation) for text in SQL]
        asked += [dict.fromkeys(UNDECLARED, text) for text in SQL[:2]]
        for query in asked:
            for role in (Role.SPECIALIST, Role.SUPERVISOR):
                path, phone = operation.path(scene.own.ids), scene.own.people[role]
                answer = scene.send(operation, path, by=phone, filling=scene.own, query_string=query)
                scene.judge(f"{role}: {operation} {query}", answer, refused=False)

    assert scene.achieved == []


def objects_of(operation: Operation, body: dict[str, Any]) -> list[tuple[str, ...]]:
    """The places of a body where an object with members of its own stands, itself included.

    Where the names are the sender's, as the keys of a form's answers are, another one is no unasked member: the rules
    of screening refuse it (``referrals/test_rules.py``).
    """
    members = members_of(operation.body or {}, operation)
    return [
        (),
        *(
            path
            for path, schema, _ in members
            if schema.get("type") == "object" and not schema.get("additionalProperties")
        ),
    ]


def test_no_member_that_nobody_asked_for_is_taken(house: House) -> None:
    """``role``, ``specialist_id``, ``version``, whatever a column is called: refused where it is not asked for."""
    scene = Scene(house)

    for operation in WITH_A_BODY:
        phone = scene.who_may(operation, scene.own)
        body = scene.body(operation, scene.own)
        asked_for = {path for path, *_ in members_of(operation.body, operation)}
        for place in objects_of(operation, body):
            unasked = [name for name in NOT_TO_BE_ASSIGNED if (*place, name) not in asked_for]
            spoilt = body
            for name in unasked:
                spoilt = with_value(spoilt, (*place, name), "administrator")
            answer = scene.send(operation, operation.path(scene.own.ids), by=phone, filling=scene.own, json=spoilt)
            scene.judge(f"{operation} at /{'/'.join(place)}", answer)
            named = {error.get("pointer") for error in answer.get_json().get("errors", [])}
            missing = {"/".join(("", *place, name)) for name in unasked} - named
            scene.achieved += [f"{operation}: {pointer} was not refused" for pointer in sorted(missing)]

    assert scene.achieved == []


def texts_of(operation: Operation) -> list[tuple[str, ...]]:
    """The places of a body where words stand."""
    return [
        path
        for path, schema, _ in members_of(operation.body or {}, operation)
        if kind_of(schema) == "string" and not {"enum", "format"} & set(schema)
    ]


# What is done with a thing comes last: it may leave it in a state in which nothing more can be.
ENTERING = [
    one for one in WITH_A_BODY if one.method == "PATCH" or ("id",) in [path for path, *_ in members_of(one.body, one)]
]
ACTING = [one for one in WITH_A_BODY if one not in ENTERING]


@pytest.mark.parametrize("operations", [ENTERING, ACTING], ids=["entering", "acting"])
def test_a_text_stays_in_its_place_and_a_message_in_one_line(house: House, operations: list[Operation]) -> None:
    scene = Scene(house)
    specialist, taken = scene.own.people[Role.SPECIALIST], 0

    for operation in operations:
        phone, path = scene.who_may(operation, scene.own), operation.path(scene.own.ids)
        for place in texts_of(operation):
            for what, text in TEXTS.items():
                body = with_value(scene.body(operation, scene.own), place, text)
                answer = scene.send(operation, path, by=phone, filling=scene.own, json=body)
                scene.judge(f"{what} at /{'/'.join(place)}: {operation}", answer, refused=False)
                taken += answer.status_code < 400
    specialist.post("meetings", house.meeting_form({"id": scene.own.ids["child_id"]}, starts_at=at(soon(hours=150))))

    assert scene.achieved == []
    assert taken > 0
    bodies = [house.opened(row["body"], "messages.body") or "" for row in house.sql("SELECT body FROM messages")]
    assert [text for text in bodies if re.search(f"[{UNWANTED}]", text)] == []


def spellings_of(path: str, place: str) -> dict[str, str]:
    """Other ways to write the path of a thing, some of which elsewhere lead past the guard."""
    return {
        "a slash at the end": f"{path}/",
        "two slashes": path.replace("/v1/", "/v1//"),
        "up and down again": path.replace("/v1/", "/v1/me/../"),
        "up and down, written otherwise": path.replace("/v1/", "/v1/me/%2e%2e/"),
        "an encoded slash": path.replace(f"/{place}", f"%2f{place}"),
        "encoded twice": path.replace(f"/{place}", f"%252f{place}"),
        "capitals": path.replace("/api/", "/API/"),
        "a parameter of the path": f"{path};jsessionid=1",
        "a NUL": f"{path}%00",
        "a line's end": f"{path}%0d%0aSet-Cookie:%20a=b",
        "a kind of file": f"{path}.json",
        "the id in capitals": path.replace(place, place.upper()),
        "the id in braces": path.replace(place, f"{{{place}}}"),
        "the id as a URN": path.replace(place, f"urn:uuid:{place}"),
        "SQL instead of the id": path.replace(place, f"{place}'%20OR%20'1'='1"),
        "all": path.replace(place, "%25"),
    }


def test_no_spelling_of_a_path_and_no_header_leads_past_the_guard(house: House) -> None:
    scene = Scene(house)
    attacker = scene.own.people[Role.SPECIALIST]
    own = f"/api/v1/children/{scene.own.ids['child_id']}"

    for operation in {one.rule: one for one in ROUTES if places_in_the_path(one)}.values():
        # Whoever knows a calendar's address may read it, also by HEAD; other spellings: tests/calendars.
        if operation.endpoint in {"access.take_grant", "calendars.calendar"}:
            continue
        theirs = scene.victims.ids[places_in_the_path(operation)[-1]]
        path = operation.path(scene.victims.ids)
        body = {"json": scene.body(operation, scene.victims)} if operation.body is not None else {}
        for what, spelled in spellings_of(path, theirs).items():
            answer = scene.send(operation, spelled, by=attacker, filling=scene.victims, **body)
            scene.judge(f"{what}: {operation}", answer)
            if "Set-Cookie" in answer.headers:
                scene.achieved.append(f"{what}: {operation}: a header of the attacker's own")
        for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "PROPFIND", "get"):
            answer = scene.send(operation, path, by=attacker, filling=scene.victims, method=method)
            scene.judge(f"{method}: {operation}", answer, refused=method != "OPTIONS")
        for headers in (
            {"X-HTTP-Method-Override": "GET", "X-Method-Override": "GET"},
            {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "X-Forwarded-Host": "localhost"},
            {"X-User": scene.victims.people[Role.SUPERVISOR].email, "X-Role": "administrator"},
        ):
            answer = scene.send(operation, path, by=attacker, filling=scene.victims, headers=headers, **body)
            scene.judge(f"{[*headers]}: {operation}", answer)
        answer = scene.send(
            operation, own, by=attacker, filling=scene.own, method="GET", headers={"X-Original-URL": path}
        )
        scene.judge(f"X-Original-URL: {operation}", answer, refused=False)

    assert scene.achieved == []
