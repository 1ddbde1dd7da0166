"""Attacks with another team's ids, in every place of every route that takes one: nothing is shown, nothing changes.

The routes come from the application and the ids from a house filled with one of everything, so that a new route is
attacked from the day it is there. Which role may do what with which child is another question: ``access/
test_access_table.py``.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from bas_service.access.rules import Role
from tests.attacks.scene import OF_TEAMS, READING, ROUTES, WRITING, Scene, parameters_of, places_in_the_path
from tests.builders import House
from tests.callers import done
from tests.the_house.requests_by_schema import Operation, make_ready, members_of, resolved, with_value

Place = tuple[str, tuple[Any, ...]]
# Whoever takes one gets in, which is its purpose, and the child's supervisor knows: access/test_emergency.py.
EMERGENCY = "access.take_grant"
CREATIONS = [one for one in WRITING if one.body and ("id",) in [path for path, *_ in members_of(one.body, one)]]


def places_of(operation: Operation) -> list[Place]:
    """Everything in a request that names a thing that is there."""
    return [
        *(("path", (name,)) for name in places_in_the_path(operation)),
        *(("body", path) for path in ids_in_the_body(operation) if path != ("id",)),
        *(("query", (name,)) for name, one in parameters_of(operation).items() if one.get("format") == "uuid"),
    ]


def ids_in_the_body(operation: Operation) -> Iterator[tuple[Any, ...]]:
    """The places of ids, those in the first entry of each list too."""
    for path, schema, _ in members_of(operation.body, operation) if operation.body else ():
        if schema.get("format") == "uuid":
            yield path
        if schema.get("type") == "array":
            entry, _ = resolved(schema["items"], operation)
            inner = members_of(entry, operation) if entry.get("type") == "object" else [((), entry, False)]
            yield from ((*path, 0, *place) for place, one, _ in inner if one.get("format") == "uuid")


def aimed(scene: Scene, operation: Operation, aims: list[Place]) -> tuple[str, dict[str, Any]]:
    """A request of the attackers about their own things, but for the places aimed at."""
    ids, body, query = dict(scene.own.ids), scene.body(operation, scene.own), {}
    for where, place in aims:
        # What no path names is sought by any id of theirs.
        theirs = scene.victims.ids.get(place[-1], scene.victims.ids["meeting_id"])
        if where == "path":
            ids[place[-1]] = scene.victims.ids[place[-1]]
        elif where == "body":
            body = with_value(body, place, theirs)
        else:
            query[place[-1]] = theirs
    sent = {"json": body} if operation.body is not None else {}
    return operation.path(ids), {"query_string": query} | sent


def test_nobody_gets_at_another_team_s_things_by_naming_them(house: House) -> None:
    scene = Scene(house)

    for operation in OF_TEAMS:
        places = places_of(operation)
        for aims in [*([place] for place in places), *([places] if len(places) > 1 else [])]:
            if operation.endpoint == EMERGENCY:
                continue
            # A list that is asked for what is not in sight is empty; everything else is not there.
            refused = any(where != "query" for where, _ in aims)
            path, sent = aimed(scene, operation, aims)
            for role, phone in scene.own.people.items():
                answer = scene.send(operation, path, by=phone, filling=scene.victims, **sent)
                scene.judge(f"{role}: {operation} at {aims}", answer, refused=refused)

    assert scene.achieved == []
    assert scene.attempts > len(OF_TEAMS)


def cursors_of_the_victims(scene: Scene) -> dict[str, str]:
    """Where the second page of each of their lists begins."""
    found = {}
    for operation in READING:
        owner = scene.who_may(operation, scene.victims)
        if owner is not None and "cursor" in parameters_of(operation):
            path, first = operation.path(scene.victims.ids), {"limit": 1}
            page = scene.send(operation, path, by=owner, filling=scene.victims, query_string=first).get_json()
            found |= {operation.endpoint: page["next"]} if page["next"] else {}
    return found


def test_lists_hold_nothing_of_another_team_wherever_they_begin(house: House) -> None:
    """A cursor is no permission: one overheard leads to the next rows of whoever uses it."""
    scene = Scene(house)
    cursors = cursors_of_the_victims(scene)
    scene.begin()

    for operation in [one for one in READING if one in OF_TEAMS]:
        for query in [{}, *([{"cursor": cursors[operation.endpoint]}] if operation.endpoint in cursors else [])]:
            for role, phone in [*scene.own.people.items(), ("nobody", None)]:
                path = operation.path(scene.own.ids)
                answer = scene.send(operation, path, by=phone, filling=scene.own, query_string=query)
                scene.judge(f"{role}: {operation} {query}", answer, refused=False)

    assert len(cursors) > 1
    assert scene.achieved == []


@pytest.mark.parametrize("operation", CREATIONS, ids=str)
def test_a_creation_overheard_is_of_no_use_under_another_account(house: House, operation: Operation) -> None:
    scene = Scene(house)
    owner, thief = scene.who_may(operation, scene.victims), scene.who_may(operation, scene.own)
    theirs, path = scene.body(operation, scene.victims), operation.path(scene.victims.ids)
    make_ready(operation, house)
    made = done(scene.send(operation, path, by=owner, filling=scene.victims, json=theirs))
    scene.begin()

    again = scene.send(operation, path, by=thief, filling=scene.victims, json=theirs)
    scene.judge("the same once more", again)
    under_their_id = scene.body(operation, scene.own) | {"id": made["id"]}
    answer = scene.send(operation, operation.path(scene.own.ids), by=thief, filling=scene.own, json=under_their_id)
    scene.judge("something else under its id", answer)

    assert scene.achieved == []


def test_a_grant_for_an_emergency_leads_to_no_defect_anywhere(house: House) -> None:
    """It shows the child, and leaves to the child's own team what only that team decides."""
    scene = Scene(house)
    for role in (Role.SPECIALIST, Role.SUPERVISOR):
        grant = {"reason": "Steidzami", "hours": 1}
        done(scene.own.people[role].post(f"children/{scene.victims.ids['child_id']}/emergency-grants", grant))

    answers = {
        f"{role}: {operation}": scene.send(
            operation,
            operation.path(scene.victims.ids),
            by=scene.own.people[role],
            filling=scene.victims,
            **({"json": scene.body(operation, scene.victims)} if operation.body is not None else {}),
        ).status_code
        for operation in ROUTES
        if places_in_the_path(operation)
        for role in (Role.SPECIALIST, Role.SUPERVISOR)
    }

    assert {what: status for what, status in answers.items() if status >= 500} == {}
    assert answers["specialist: GET /api/v1/children/<uuid:child_id>"] == 200
