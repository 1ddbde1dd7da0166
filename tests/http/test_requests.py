"""What every request carries and every answer gets: an id, a language, compression."""

import gzip
import json
import logging
import re
import uuid

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bas_service import create_app, log_to_the_terminal
from bas_service.config import Settings
from bas_service.http.requests import LEAST_WORTH_COMPRESSING, RequestIdFilter
from tests.builders import House
from tests.callers import done

SPECIFICATION = "/api/v1/openapi.json"
NOWHERE = "/api/v1/nowhere"


def got(app: Flask, path: str, **headers: str) -> TestResponse:
    return app.test_client().get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("accepted", ["gzip", "GZIP", "gzip, deflate, br", "br;q=1.0, gzip;q=0.5", "*"])
def test_an_answer_worth_it_is_compressed_when_asked_for(app: Flask, accepted: str) -> None:
    plain = got(app, SPECIFICATION)
    packed = got(app, SPECIFICATION, Accept_Encoding=accepted)

    assert packed.content_encoding == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.content_length == len(packed.data) < len(plain.data)


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "*;q=0", "gzip;q=0, *", "gzipped"])
def test_an_answer_is_left_alone_when_gzip_is_not_asked_for(app: Flask, accepted: str) -> None:
    answer = got(app, SPECIFICATION, Accept_Encoding=accepted)

    assert answer.content_encoding is None
    assert json.loads(answer.data)["openapi"] == "3.1.0"
    # A cache must know that others get something else.
    assert set(answer.vary) == {"Accept-Language", "Accept-Encoding"}


def test_a_short_answer_and_one_without_a_body_are_not_compressed(settings: Settings) -> None:
    app = create_app(settings)

    @app.route("/short")
    def short() -> str:
        return "x" * (LEAST_WORTH_COMPRESSING - 1)

    @app.route("/long")
    def long() -> str:
        return "x" * LEAST_WORTH_COMPRESSING

    # The specification knows nothing of these two routes, so they are asked without the judge of answers.
    del app.extensions["bas_api"]
    assert got(app, "/short", Accept_Encoding="gzip").content_encoding is None
    assert got(app, "/long", Accept_Encoding="gzip").content_encoding == "gzip"
    assert got(app, NOWHERE, Accept_Encoding="gzip").content_encoding is None


@pytest.mark.parametrize("path", [SPECIFICATION, NOWHERE, "/health/live"])
def test_a_request_s_id_is_echoed(app: Flask, path: str) -> None:
    for given in ("r", "a.B_c-9", "x" * 64, str(uuid.uuid4())):
        assert got(app, path, X_Request_Id=given).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", [None, "", "x" * 65, "a b", "a;b", "<b>", "ā", "a/../b", "a%0d"])
def test_an_id_is_made_for_a_request_without_a_usable_one(app: Flask, given: str | None) -> None:
    headers = {} if given is None else {"X_Request_Id": given}

    first, second = got(app, NOWHERE, **headers), got(app, NOWHERE, **headers)

    ids = [answer.headers["X-Request-Id"] for answer in (first, second)]
    assert [re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one) is not None for one in ids] == [
        True,
        True,
    ]
    assert ids[0] != ids[1]
    # The problem itself names it too: that is what somebody reads out on the phone.
    assert [first.json["request_id"], second.json["request_id"]] == ids


def test_every_log_line_of_a_request_has_its_id(settings: Settings) -> None:
    app, lines = create_app(settings), []
    handler = logging.Handler()
    handler.setFormatter(logging.Formatter("[%(request_id)s] %(message)s"))
    handler.addFilter(RequestIdFilter())
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    log = logging.getLogger("tests.http")
    log.addHandler(handler)
    log_to_the_terminal(settings.log_level)

    @app.route("/logs")
    def logs() -> str:
        log.warning("inside")
        return ""

    del app.extensions["bas_api"]
    got(app, "/logs", X_Request_Id="r-7")
    log.warning("outside")
    log.removeHandler(handler)

    assert lines == ["[r-7] inside", "[-] outside"]


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        (None, "Nav atrasts"),
        ("", "Nav atrasts"),
        ("lv", "Nav atrasts"),
        ("en", "Not found"),
        ("ru", "Не найдено"),
        ("EN-gb", "Not found"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "Не найдено"),
        ("de, en;q=0.5, ru;q=0.7", "Не найдено"),
        ("lv;q=0.1, en;q=0.2", "Not found"),
        ("de", "Nav atrasts"),
        ("*", "Nav atrasts"),
        ("en;q=0", "Nav atrasts"),
        ("nonsense;;q=x", "Nav atrasts"),
    ],
)
def test_the_language_is_the_first_of_ours_that_is_asked_for(app: Flask, asked: str | None, title: str) -> None:
    headers = {} if asked is None else {"Accept_Language": asked}

    answer = got(app, NOWHERE, **headers)

    assert answer.json["title"] == title
    assert "accept-language" in answer.vary


def test_no_answer_is_kept_by_anybody_or_taken_for_something_else(house: House) -> None:
    supervisor = house.a_supervisor()

    for path in ("children", "nowhere", "openapi.json"):
        headers = supervisor.get(path).headers
        assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    done(supervisor.get("children"))
