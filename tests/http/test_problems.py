"""Every error is a problem document in the caller's language, and tells nothing that is not theirs (RFC 9457)."""

import json
import logging
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bas_service import create_app
from bas_service.config import Settings
from bas_service.database import rows, transaction
from tests.builders import House
from tests.callers import Phone, done, invalid, refusal_of

LANGUAGES = ("lv", "en", "ru")
SECRET = "Anna Izdomāta 010110-21234"


@pytest.fixture
def supervisor(house: House) -> Phone:
    """Somebody signed in."""
    return house.a_supervisor()


@pytest.fixture
def failing_app(settings: Settings) -> Flask:
    """The application with routes that have defects, each knowing a child."""
    app = create_app(settings)

    @app.route("/defect")
    def defect() -> str:
        raise RuntimeError(f"no such child: {SECRET}")

    @app.route("/statement")
    def statement() -> str:
        with transaction():
            return str(rows("SELECT 1 / 0 WHERE :name <> ''", name=SECRET))

    @app.route("/value")
    def value() -> str:
        # PostgreSQL itself repeats the value in its message.
        with transaction():
            return str(rows("SELECT CAST(:name AS integer)", name=SECRET))

    return app


def raw(phone: Phone, method: str, path: str, data: bytes = b"", **headers: str) -> TestResponse:
    """A request whose body is these very bytes."""
    given = {"Authorization": f"Bearer {phone.tokens['access_token']}", "Content-Type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return phone.app.test_client().open(path, method=method, data=data, headers=given)


# Title and detail.
TEXTS = {
    "malformed-request": {
        "lv": ("Pieprasījums nav salasāms", "Saturam jābūt derīgam JSON."),
        "en": ("The request cannot be read", "The body must be valid JSON."),
        "ru": ("Запрос не читается", "Тело запроса должно быть правильным JSON."),
    },
    "not-found": {
        "lv": ("Nav atrasts", "Šeit jums nekā nav."),
        "en": ("Not found", "There is nothing here for you."),
        "ru": ("Не найдено", "Здесь для вас ничего нет."),
    },
    "method-not-allowed": {
        "lv": ("Šādi te nevar", "Šai adresei šāda metode nav paredzēta."),
        "en": ("Method not allowed", "This address does not take this method."),
        "ru": ("Так здесь нельзя", "Этот адрес не принимает такой метод."),
    },
    "body-too-large": {
        "lv": ("Saturs par lielu", "Pieprasījums drīkst būt līdz 1 MB."),
        "en": ("Body too large", "A request may be up to 1 MB."),
        "ru": ("Слишком большой запрос", "Запрос может быть до 1 МБ."),
    },
    "media-type-unsupported": {
        "lv": ("Vajadzīgs JSON", "Saturs jāsūta kā application/json."),
        "en": ("JSON needed", "The body must be sent as application/json."),
        "ru": ("Нужен JSON", "Тело нужно отправлять как application/json."),
    },
    "server-fault": {
        "lv": ("Kļūda pie mums", "Radās neparedzēta kļūda. Nosauciet mums pieprasījuma numuru."),
        "en": ("A fault of ours", "Something unexpected happened. Please tell us the request id."),
        "ru": ("Ошибка у нас", "Произошла непредвиденная ошибка. Сообщите нам номер запроса."),
    },
}


@pytest.mark.parametrize(
    ("problem", "status", "request_of"),
    [
        ("malformed-request", 400, ("POST", "/api/v1/children", {"data": b'{"given_name": '})),
        ("malformed-request", 400, ("POST", "/api/v1/children", {"data": b'{"given_name": "\xff"}'})),
        ("malformed-request", 400, ("POST", "/api/v1/children", {"data": b"[" * 100_000})),
        ("malformed-request", 400, ("POST", "/api/v1/children", {"data": b'{"given_name": NaN}'})),
        ("not-found", 404, ("GET", "/api/v1/nothing", {})),
        ("not-found", 404, ("GET", "/", {})),
        ("not-found", 404, ("GET", "/api/v1/children/no-id", {})),
        ("not-found", 404, ("POST", "/api/v1/nothing", {"data": b"x", "Content_Type": "text/plain"})),
        ("method-not-allowed", 405, ("DELETE", "/api/v1/children", {})),
        ("body-too-large", 413, ("POST", "/api/v1/children", {"data": b" " * (1024 * 1024 + 1)})),
        ("media-type-unsupported", 415, ("POST", "/api/v1/children", {"data": b"{}", "Content_Type": "text/plain"})),
        ("media-type-unsupported", 415,
         ("POST", "/api/v1/children", {"data": b"a=1", "Content_Type": "application/x-www-form-urlencoded"})),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_request_is_said_in_the_caller_s_language(
    supervisor: Phone, problem: str, status: int, request_of: tuple[str, str, dict[str, Any]]
) -> None:
    method, path, more = request_of

    answers = [raw(supervisor, method, path, **more, Accept_Language=one, X_Request_Id="r-1") for one in LANGUAGES]

    for answer, language in zip(answers, LANGUAGES, strict=True):
        title, detail = TEXTS[problem][language]
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
        assert answer.json == {
            "type": f"/problems/{problem}",
            "title": title,
            "status": status,
            "detail": detail,
            "request_id": "r-1",
        }


def test_a_wrong_method_is_told_which_ones_there_are(supervisor: Phone) -> None:
    assert raw(supervisor, "DELETE", "/api/v1/children").headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert raw(supervisor, "PUT", "/api/v1/auth/sign-in").headers["Allow"] == "OPTIONS, POST"
    assert "Allow" not in raw(supervisor, "GET", "/api/v1/nothing").headers


def test_a_body_of_the_most_bytes_is_read(supervisor: Phone) -> None:
    body = b'{"given_name": 1}'.ljust(1024 * 1024)

    assert raw(supervisor, "POST", "/api/v1/children", body).status_code == 422


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8", "application/x+json"])
def test_json_may_be_announced_in_each_of_its_ways(supervisor: Phone, media_type: str) -> None:
    assert raw(supervisor, "POST", "/api/v1/children", b"{}", Content_Type=media_type).status_code == 422


def test_an_empty_request_of_any_kind_is_an_object_without_members(supervisor: Phone) -> None:
    expected = invalid("/given_name", "/family_name", "/birth_date", "/municipality")

    for media_type in ("application/json", "text/plain"):
        assert refusal_of(raw(supervisor, "POST", "/api/v1/children", b"", Content_Type=media_type)) == expected


@pytest.mark.parametrize(
    ("path", "body", "places"),
    [
        ("/api/v1/meetings", {"place": {"type": "castle"}}, {"/place/type"}),
        ("/api/v1/meetings", {"place": {"type": "home", "floor": 3}}, {"/place/floor"}),
        ("/api/v1/meetings", {"place": []}, {"/place"}),
        ("/api/v1/meetings", {"place": None}, {"/place"}),
        ("/api/v1/meetings", {"a/b~c": 1}, {"/a~1b~0c"}),
        ("/api/v1/load-policies", {"weights": {"low": "x"}}, {"/weights/low"}),
        ("/api/v1/auth/sign-in", {"device": {"id": 1}}, {"/device/id"}),
    ],
)
def test_a_pointer_names_the_member_however_deep(
    house: House, path: str, body: dict[str, Any], places: set[str]
) -> None:
    phone = house.a_coordinator() if "policies" in path else house.a_supervisor()

    assert places <= set(refusal_of(phone.post(path, body))["errors"])


def test_a_pointer_names_the_entry_of_a_list(house: House, supervisor: Phone) -> None:
    child = house.a_child(supervisor)
    form = {"name": "Mamma", "relation": "parent", "phone": "+37120000150"}

    answer = supervisor.post(f"children/{child['id']}/representatives", form | {"channels": ["sms", "pigeon", 7]})

    assert refusal_of(answer) == invalid("/channels/1", "/channels/2")
    done(supervisor.post(f"children/{child['id']}/representatives", form | {"channels": ["sms"]}))


@pytest.mark.parametrize("body", [[], ["given_name"], "given_name", 7, True, None])
def test_a_body_that_is_no_object_is_wrong_as_a_whole(supervisor: Phone, body: Any) -> None:
    answer = raw(supervisor, "POST", "/api/v1/children", json.dumps(body).encode(), Accept_Language="en")

    assert answer.json["errors"] == [{"pointer": "/", "detail": "A JSON object is needed here."}]


def test_a_query_s_parameters_are_named_without_a_pointer(supervisor: Phone) -> None:
    answer = supervisor.get("meetings?from=yesterday&limit=201&child_id=7&colour=red&to=2026-03-02T15:00:00Z")

    assert sorted(answer.json["errors"], key=lambda one: one["parameter"]) == [
        {"parameter": "child_id", "detail": "A UUID is needed here."},
        {"parameter": "colour", "detail": "There is no such member."},
        {"parameter": "from", "detail": "A time with its offset, e.g. 2026-03-02T15:00:00+02:00."},
        {"parameter": "limit", "detail": "From 1 to 200."},
    ]


@pytest.mark.parametrize(
    ("language", "title", "detail", "of_code", "of_limit", "of_missing"),
    [
        ("lv", "Pieprasījumā ir kļūdas", "Daži lauki nav derīgi; katrs ir nosaukts sarakstā.",
         "Pašvaldības kods pēc ISO 3166-2:LV, piemēram, LV-RIX.", "Ne vairāk kā 100.", "Šis ir jānorāda."),
        ("en", "The request has errors", "Some fields are not usable; each one is named in the list.",
         "A municipality's code by ISO 3166-2:LV, e.g. LV-RIX.", "No more than 100.", "This must be given."),
        ("ru", "В запросе ошибки", "Некоторые поля заполнены неверно; каждое названо в списке.",
         "Код самоуправления по ISO 3166-2:LV, например LV-RIX.", "Не больше 100.", "Это нужно указать."),
    ],
)  # fmt: skip
def test_what_would_be_right_is_said_in_the_caller_s_language(
    supervisor: Phone, language: str, title: str, detail: str, of_code: str, of_limit: str, of_missing: str
) -> None:
    form = {"given_name": "A" * 101, "birth_date": None, "municipality": "LV-XXX", "family_name": "Izdomāta"}

    answer = supervisor.post("children", form, Accept_Language=language, X_Request_Id="r-3")

    body = answer.json
    body["errors"].sort(key=lambda one: one["pointer"])
    assert (answer.status_code, body) == (
        422,
        {
            "type": "/problems/invalid-request",
            "title": title,
            "status": 422,
            "detail": detail,
            "request_id": "r-3",
            "errors": [
                {"pointer": "/birth_date", "detail": of_missing},
                {"pointer": "/given_name", "detail": of_limit},
                {"pointer": "/municipality", "detail": of_code},
            ],
        },
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/defect", "/statement", "/value"])
def test_a_defect_of_ours_tells_the_caller_only_where_to_ask(failing_app: Flask, path: str, language: str) -> None:
    answer = failing_app.test_client().get(path, headers={"Accept-Language": language, "X-Request-Id": "r-2"})

    title, detail = TEXTS["server-fault"][language]
    assert (answer.status_code, answer.json) == (
        500,
        {"type": "/problems/server-fault", "title": title, "status": 500, "detail": detail, "request_id": "r-2"},
    )


def test_a_defect_is_logged_with_where_it_happened(failing_app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    failing_app.test_client().get("/defect")

    (record,) = [one for one in caplog.records if one.name == "bas_service.http.problems"]
    assert (record.levelname, record.getMessage().splitlines()[0]) == ("ERROR", "unexpected RuntimeError")
    assert SECRET not in caplog.text
    assert "in defect" in caplog.text


@pytest.mark.parametrize(
    ("path", "code", "statement"),
    [
        ("/statement", "22012", "SELECT 1 / 0"),
        ("/value", "22P02", "CAST("),
    ],
)
def test_a_statement_that_fails_is_logged_without_the_values_in_it(
    failing_app: Flask, caplog: pytest.LogCaptureFixture, path: str, code: str, statement: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        failing_app.test_client().get(path)

    assert f"in {path.removeprefix('/')}" in caplog.text
    assert code in caplog.text
    assert statement in caplog.text
    assert [part for part in SECRET.split() if part in caplog.text] == []
