"""The judge of all answers finds what it is there to find."""

from collections.abc import Callable
from typing import Any

import flask
import pytest
from flask import Flask, Response

from bas_service import create_app
from bas_service.access.gate import open_to_all
from bas_service.config import Settings
from tests.builders import House
from tests.conformity import conformity

CHILD = {
    "id": "01900000-0000-7000-8000-000000000001",
    "given_name": "Anna",
    "family_name": "Izdomāta",
    "birth_date": "2015-02-01",
    "personal_code": None,
    "municipality": "LV-RIX",
    "language": "lv",
    "home_address": None,
    "school": None,
    "waiting": True,
    "created_at": "2026-01-01T10:00:00Z",
    "version": 7,
}
PROBLEM = {"type": "/problems/not-found", "title": "Nav", "status": 404, "detail": "Nav"}


def answer(body: Any, status: int = 200, media_type: str = "application/json", **headers: str) -> Response:
    """An answer as a careless view would give it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(flask.json.dumps(body), status, mimetype=media_type, headers=named)


@pytest.fixture
def faults_of(settings: Settings) -> Callable[[Response], list[str]]:
    """What is found wrong when ``GET /children/{child_id}`` answers like this."""
    app = create_app(settings)

    def found(given: Response) -> list[str]:
        app.view_functions["children.show"] = lambda child_id: given
        conformity.taken()
        app.test_client().get(f"/api/v1/children/{CHILD['id']}")
        return [fault.partition(": ")[2] for fault in conformity.taken()]

    return found


def test_an_answer_that_fits_is_let_pass(faults_of: Callable[[Response], list[str]]) -> None:
    assert faults_of(answer(CHILD, ETag='"7"')) == []
    assert faults_of(answer(PROBLEM, 404, "application/problem+json")) == []


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (answer(CHILD), "ETag None is not the version 7"),
        (answer(CHILD, ETag='"6"'), 'ETag "6" is not the version 7'),
        (answer(CHILD, 201, ETag='"7"'), "the operation does not list this status"),
        (answer(CHILD, 200, "text/html", ETag='"7"'), "text/html is none of application/json"),
        (answer(CHILD | {"version": "7"}, ETag='"7"'), '/version "7" is not of type "integer"'),
        (answer(CHILD | {"birth_date": "1.2.2015"}, ETag='"7"'), '/birth_date "1.2.2015" is not a "date"'),
        (answer(PROBLEM, 404), "application/json is not application/problem+json"),
        (answer(PROBLEM, 418, "application/problem+json"), "the operation does not list this status"),
        (
            answer(PROBLEM | {"type": "/problems/nothing-like-it"}, 404, "application/problem+json"),
            "/problems/nothing-like-it with status 404 is not in the error catalogue",
        ),
    ],
)
def test_an_answer_that_does_not_fit_is_found(
    faults_of: Callable[[Response], list[str]], given: Response, fault: str
) -> None:
    assert fault in faults_of(given)


def test_a_member_too_many_and_one_too_few_are_found(faults_of: Callable[[Response], list[str]]) -> None:
    without_id = {name: value for name, value in CHILD.items() if name != "id"}

    assert faults_of(answer(CHILD | {"shoe_size": 36}, ETag='"7"')) == [
        "/ Additional properties are not allowed ('shoe_size' was unexpected)"
    ]
    assert faults_of(answer(without_id, ETag='"7"')) == ['/ "id" is a required property']


def test_a_route_that_the_specification_does_not_know_is_found(settings: Settings) -> None:
    app = create_app(settings)
    app.add_url_rule("/forgotten", "forgotten", open_to_all(lambda: "words"))

    app.test_client().get("/forgotten")

    assert conformity.taken() == ["GET /forgotten -> 200: the operation is not in the specification"]


def test_answers_of_every_application_in_the_process_are_judged(house: House, worker_app: Flask) -> None:
    judged = conformity.judged

    house.a_supervisor().get("me")
    worker_app.test_client().get("/health/live")
    create_app(house.app.config["BAS"]).test_client().get("/nowhere", headers={"Accept-Encoding": "gzip"})

    assert conformity.judged == judged + 3
