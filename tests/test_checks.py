"""What `bas check` finds, and the sentence for each thing that is wrong."""

import threading
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import psycopg
import pytest

from bas_service import embedded, schema
from bas_service.checks import findings, misspelt
from bas_service.config import Gateway, Settings
from bas_service.messaging.stand_in.twilio import TwilioStandIn

NEWEST = schema.expected_version()
Change = Callable[..., Settings]


def wrong_things(settings: Settings) -> list[str]:
    """What is found wrong; each thing looked at is either right or said here."""
    return [finding.said for finding in findings(settings) if not finding.is_right]


@pytest.fixture
def a_role(server: embedded.Server) -> Iterator[Callable[[str], str]]:
    """Make a database role with these attributes; gives its name."""
    made: list[str] = []
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as superuser:

        def make(attributes: str) -> str:
            made.append(f"role_{uuid.uuid4().hex}")
            superuser.execute(f"CREATE ROLE {made[-1]} LOGIN {attributes}")
            return made[-1]

        yield make
        for name in made:
            superuser.execute(f"DROP ROLE {name}")


def test_a_right_installation_has_nothing_wrong(settings: Settings) -> None:
    assert wrong_things(settings) == []


def test_a_database_that_does_not_answer_is_told_apart_for_each_role(other_settings: Change) -> None:
    nowhere = "postgresql+psycopg://bas_worker:hemlig@127.0.0.1:1/bas"
    assert wrong_things(other_settings(worker_database_url=nowhere)) == [
        'The database does not answer as bas_worker: connection failed: connection to server at "127.0.0.1", '
        "port 1 failed: Connection refused."
    ]


def test_a_role_without_its_url_is_asked_for(other_settings: Change) -> None:
    assert wrong_things(other_settings(worker_database_url=None)) == [
        "BAS_WORKER_DATABASE_URL is needed besides BAS_DATABASE_URL: the same database as the role bas_worker."
    ]


@pytest.mark.parametrize("attributes", ["SUPERUSER", "BYPASSRLS IN ROLE bas_app", "IN ROLE bas_owner, bas_app"])
def test_an_account_that_row_level_security_does_not_hold_is_refused(
    server: embedded.Server, other_settings: Change, a_role: Callable[[str], str], attributes: str
) -> None:
    mighty = a_role(attributes)
    assert wrong_things(other_settings(database_url=server.url(mighty))) == [
        f"Its account {mighty} is a superuser, goes around row-level security or owns tables: "
        "use bas_app, or an account that only has it."
    ]


def test_the_two_roles_may_not_change_places(settings: Settings, other_settings: Change) -> None:
    swapped = other_settings(database_url=settings.worker_database_url, worker_database_url=settings.database_url)
    assert wrong_things(swapped) == [
        "Its account bas_worker does not have the role bas_app: use bas_app, or an account that only has it.",
        "Its account bas_app does not have the role bas_worker: use bas_worker, or an account that only has it.",
    ]


def test_an_account_of_ones_own_naming_will_do_when_it_has_the_role(
    server: embedded.Server, other_settings: Change, a_role: Callable[[str], str]
) -> None:
    assert wrong_things(other_settings(database_url=server.url(a_role("IN ROLE bas_app")))) == []


def test_a_schema_that_lacks_a_migration_is_found(server: embedded.Server, other_settings: Change) -> None:
    name = f"other_{uuid.uuid4().hex}"
    with psycopg.connect(server.conninfo("postgres", "postgres"), autocommit=True) as superuser:
        superuser.execute(f"CREATE DATABASE {name} OWNER bas_owner")
        try:
            old = other_settings(
                database_url=server.url("bas_app", name), worker_database_url=server.url("bas_worker", name)
            )
            empty = wrong_things(old)
            schema.upgrade(server.url("bas_owner", name), "0002")
            behind = wrong_things(old)
        finally:
            superuser.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert empty == 2 * [f"The schema is at nothing, {NEWEST} is needed. Run: bas db upgrade"]
    assert behind == 2 * [f"The schema is at 0002, {NEWEST} is needed. Run: bas db upgrade"]


def test_twilio_is_asked_for_the_account(other_settings: Change) -> None:
    with TwilioStandIn() as twilio:
        right = other_settings(gateway=Gateway.TWILIO, twilio_api_url=twilio.url)
        wrong_token = other_settings(gateway=Gateway.TWILIO, twilio_api_url=twilio.url, twilio_auth_token="other")
        assert wrong_things(right) == []
        assert wrong_things(wrong_token) == ["Twilio refused the account and token (HTTP 401, code 20003)."]


def test_a_twilio_that_does_not_answer_is_found(other_settings: Change) -> None:
    unreachable = other_settings(gateway=Gateway.TWILIO, twilio_api_url="http://127.0.0.1:1")
    assert wrong_things(unreachable) == ["Twilio did not answer at http://127.0.0.1:1 (ConnectionError)."]


class _Page(BaseHTTPRequestHandler):
    """Any web server: it answers, and knows nothing of Twilio."""

    def do_GET(self) -> None:
        self.send_response(404)
        self.end_headers()
        self.wfile.write(b"<h1>Nothing here</h1>")

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


def test_a_web_server_that_is_not_twilio_is_found(other_settings: Change) -> None:
    with HTTPServer(("127.0.0.1", 0), _Page) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        settings = other_settings(gateway=Gateway.TWILIO, twilio_api_url=f"http://127.0.0.1:{other.server_port}")
        found = wrong_things(settings)
        other.shutdown()
    assert len(found) == 1
    assert found[0].startswith("Twilio")


def test_receipts_from_the_real_twilio_must_come_by_https(
    other_settings: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    # "localhost" in place of Twilio's own address: whatever is not 127.… counts as the real one.
    with TwilioStandIn() as twilio:
        elsewhere = twilio.url.replace("127.0.0.1", "localhost")
        real = other_settings(gateway=Gateway.TWILIO, twilio_api_url=elsewhere, public_url="http://bas.example.lv")
        assert wrong_things(real) == [
            "BAS_PUBLIC_URL is http://bas.example.lv: Twilio's receipts must come by https."
        ]


def test_names_that_look_like_settings_and_are_none_are_found() -> None:
    found = misspelt({"BAS_GATWAY": "", "BAS_QWFPG": "", "BAS_GATEWAY": "", "BASH": "", "PATH": ""})
    assert [(one.is_right, one.said) for one in found] == [
        (False, "BAS_GATWAY: there is no such setting; BAS_GATEWAY?"),
        (False, "BAS_QWFPG: there is no such setting."),
    ]
