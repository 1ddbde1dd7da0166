"""People, children, cases and meetings for tests: telling defaults, everything through the real API."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import sqlalchemy
from flask import Flask

from bas_service import clock
from bas_service.access import service, tokens
from bas_service.access.browser import digest_of
from bas_service.access.models import DeviceSession
from bas_service.access.rules import Role
from bas_service.database import ask_as, db, new_id, transaction
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.sealing import keyring_of
from bas_service.translation import Language
from tests.callers import PASSWORD, Browser, Phone, done
from tests.tables import AGEING, EMPTYING, Meanwhile

KEYS = "tests=" + "A" * 43 + "=,digest=" + "B" * 43 + "="


def soon(*, hours: float = 24) -> datetime:
    """A full minute some hours ahead."""
    return (datetime.now(UTC) + timedelta(hours=hours)).replace(second=0, microsecond=0)


def at(moment: datetime) -> str:
    """A moment as a phone writes it."""
    return moment.isoformat()


FIRST_FORM = "01900000-0000-7000-8000-000000000021"
# Answers to the first screening form by which a child belongs to the service.
FITTING = {"behaviour": "yes", "developmental_disorder": "none"}
REFERRAL = {
    "referred_by": {"kind": "institution", "name": "Izdomātā pamatskola", "phone": "+371 20000300"},
    "reason": "Kavē stundas, kaujas starpbrīžos",
    "given_name": "Jānis",
    "family_name": "Izdomātais",
    "birth_date": clock.today().replace(year=clock.today().year - 12, day=1).isoformat(),
    "municipality": "LV-RIX",
}

# A wording as an administrator would make it: everything that must be told has its place.
TEMPLATE = "{name} {when}: {activity}, {place}, {duration}. {contact}"


class House:
    """An empty database and what fills it."""

    def __init__(self, app: Flask, owner: sqlalchemy.Engine) -> None:
        self.app = app
        self.owner = owner
        self._counter = 0

    def _number(self) -> int:
        self._counter += 1
        return self._counter

    def an_account(self, role: Role, *, supervisor: Phone | None = None, **more: Any) -> Phone:
        """Somebody who is signed in on a phone."""
        email = f"{role}-{self._number()}@example.lv"
        values = {"name": f"{role.title()} Izdomāta {self._counter}", "phone": None} | more
        with self.app.app_context(), transaction():
            account = service.add_account(
                email=email,
                role=role,
                password=PASSWORD,
                supervisor_email=supervisor.email if supervisor else None,
                language=Language.LATVIAN,
                **values,
            )
            session = DeviceSession(
                id=new_id(),
                account_id=account.id,
                device_id=f"device-{self._counter}",
                device_name="a test's phone",
                platform="test",
                signed_in_at=clock.now(),
            )
            db.session.add(session)
            db.session.flush()
            pair = tokens.new_pair(account.id, session.id, parent=None)
        return Phone(self.app, account.id, pair, email)

    def a_browser(self, whose: Phone | None = None) -> Browser:
        """A browser; signed in without the form, and whatever the role, when it is somebody's."""
        browser = Browser(self.app)
        if whose is not None:
            token = f"token-{self._number()}"
            with self.app.app_context(), transaction():
                session = DeviceSession(
                    id=new_id(),
                    account_id=whose.account_id,
                    device_id=f"browser-{self._counter}",
                    device_name="a test's browser",
                    platform="browser",
                    signed_in_at=clock.now(),
                    browser_digest=digest_of(token),
                    seen_at=clock.now(),
                )
                db.session.add(session)
            browser.client.set_cookie("bas-session", token)
        return browser

    def a_supervisor(self, **more: Any) -> Phone:
        """A supervisor."""
        return self.an_account(Role.SUPERVISOR, **more)

    def a_specialist(self, supervisor: Phone, **more: Any) -> Phone:
        """A specialist of the supervisor's team, with a phone number that families may call."""
        return self.an_account(Role.SPECIALIST, supervisor=supervisor, **({"phone": "+37120000100"} | more))

    def a_coordinator(self, **more: Any) -> Phone:
        """A coordinator."""
        return self.an_account(Role.COORDINATOR, **more)

    def an_administrator(self, **more: Any) -> Phone:
        """An administrator."""
        return self.an_account(Role.ADMINISTRATOR, **more)

    def a_child(self, by: Phone, **more: Any) -> dict[str, Any]:
        """A child that waits for a first case."""
        born = clock.today().replace(year=clock.today().year - 12, day=1)
        form = {
            "given_name": "Anna",
            "family_name": "Izdomāta",
            "birth_date": born.isoformat(),
            "municipality": "LV-RIX",
        }
        return done(by.post("children", form | more))

    def a_referral(self, by: Phone, **more: Any) -> dict[str, Any]:
        """A child referred by a school, nothing decided."""
        return done(by.post("referrals", REFERRAL | more))

    def a_screened_referral(self, by: Phone, *, answers: dict[str, str] = FITTING, **more: Any) -> dict[str, Any]:
        """A referral with answers to the first form; by default they speak for the child."""
        referral = self.a_referral(by, **more)
        saved = {"form_id": FIRST_FORM, "answers": answers}
        return done(by.act(f"referrals/{referral['id']}/screening", referral, saved))

    def an_accepted_referral(self, by: Phone, *, child: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """A referral whose child waits for a case; ``child`` when it was known before."""
        referral = self.a_screened_referral(by, **more)
        known = {"child_id": child["id"]} if child else {}
        return done(by.act(f"referrals/{referral['id']}/accept", referral, known))

    def a_representative(self, by: Phone, child: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A parent who reads text messages."""
        form = {
            "name": "Mamma Izdomāta",
            "relation": "parent",
            "phone": f"+371200{self._number():05d}",
            "channels": ["sms"],
        }
        return done(by.post(f"children/{child['id']}/representatives", form | more))

    def a_reply(self, representative: dict[str, Any], text: str = "Labi, paldies", **more: Any) -> str:
        """A text from a representative, as the worker lays it with the child; gives its id."""
        values = {"standing": "in_force", "wish": None, "received_at": clock.now()} | more
        reply_id = new_id()
        self.sql(
            "INSERT INTO replies (id, inbound_text_id, child_id, representative_id, standing, body, wish,"
            " received_at) VALUES (:id, :id, :child, :representative, :standing, :body, :wish, :received_at)",
            id=reply_id,
            child=representative["child_id"],
            representative=representative["id"],
            body=keyring_of(KEYS).seal(text, "replies.body"),
            **values,
        )
        return str(reply_id)

    def a_protected_place(self, by: Phone, representative: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The child's places are kept from this representative."""
        form = {"from_representative_id": representative["id"], "reason": "The court's decision"}
        return done(by.post(f"children/{representative['child_id']}/protected-places", form | more))

    def a_consent(self, by: Phone, representative: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A representative's consent, on paper, to any accompaniment."""
        form = {
            "representative_id": representative["id"],
            "scope": "accompaniment",
            "given_at": at(soon(hours=-1)),
            "means": "paper",
        }
        return done(by.post(f"children/{representative['child_id']}/consents", form | more))

    def a_consent_request(self, by: Phone, representative: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A representative asked by a text message whether the child may be accompanied to a school."""
        form = {
            "representative_id": representative["id"],
            "scope": "accompaniment",
            "institution": "Izdomātā pamatskola",
            "purpose": "Saruna ar klases audzinātāju",
            "channel": "sms",
        }
        return done(by.post(f"children/{representative['child_id']}/consent-requests", form | more))

    def a_see_link(self, by: Phone, representative: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A text message with a link to what is planned."""
        return done(by.post(f"representatives/{representative['id']}/see-link", {"channel": "sms"} | more))

    def texts_with_links(self) -> list[str]:
        """The texts that carry links, as the telephones get them, the earliest first."""
        found = self.sql("SELECT m.body FROM links l JOIN messages m ON m.id = l.id ORDER BY l.created_at, l.id")
        return [self.opened(row["body"], "messages.body") or "" for row in found]

    def the_link(self) -> str:
        """The path of the link that was sent last."""
        return "/l/" + self.texts_with_links()[-1].rpartition("/l/")[2]

    def a_case(self, by: Phone, child: dict[str, Any], specialist: Phone, **more: Any) -> dict[str, Any]:
        """A child given to a specialist."""
        form = {
            "child_id": child["id"],
            "specialist_id": str(specialist.account_id),
            "complexity": "standard",
            # Nothing agreed: a test about rhythms says so itself.
            "rhythm": None,
        }
        return done(by.post("cases", form | more))

    def a_load_policy(self, by: Phone, **more: Any) -> dict[str, Any]:
        """A load policy like the first one, from tomorrow on."""
        form = {
            "valid_from": (clock.today() + timedelta(days=1)).isoformat(),
            "weights": {"low": 0.75, "standard": 1, "high": 1.5, "crisis": 2},
            "minimum": 6,
            "nominal": 10,
            "maximum": 12,
        }
        return done(by.post("load-policies", form | more))

    def a_casework_policy(self, by: Phone, **more: Any) -> dict[str, Any]:
        """A policy of casework like the one before it, from tomorrow on."""
        form = {"valid_from": (clock.today() + timedelta(days=1)).isoformat()}
        return done(by.post("casework-policies", form | more))

    def a_meeting_policy(self, by: Phone, **more: Any) -> dict[str, Any]:
        """A policy of meetings like the one before it, from today on."""
        return done(by.post("meeting-policies", {"valid_from": clock.today().isoformat()} | more))

    def a_template(self, by: Phone, **more: Any) -> dict[str, Any]:
        """A wording in Latvian of what is told first, from tomorrow on, seen beforehand as it must be."""
        form = {"reason": "planned", "language": "lv", "body": TEMPLATE} | more
        seen = done(
            by.post("message-templates/preview", {name: form[name] for name in ("reason", "language", "body")})
        )
        begins = {"valid_from": (clock.today() + timedelta(days=1)).isoformat(), "seen": seen["seen"]}
        return done(by.post("message-templates", begins | form))

    def a_telling_policy(self, by: Phone, **more: Any) -> dict[str, Any]:
        """A policy of telling like the one before it, from tomorrow on."""
        form = {"valid_from": (clock.today() + timedelta(days=1)).isoformat()}
        return done(by.post("telling-policies", form | more))

    def a_family(self, supervisor: Phone, specialist: Phone, **more: Any) -> dict[str, Any]:
        """A child with a parent and an open case; gives child, representative and case."""
        child = self.a_child(supervisor, **more)
        representative = self.a_representative(supervisor, child)
        case = self.a_case(supervisor, child, specialist)
        return {"child": child, "representative": representative, "case": case}

    def meeting_form(self, child: dict[str, Any], **more: Any) -> dict[str, Any]:
        """What a phone sends to plan a usual meeting."""
        form = {
            "child_id": child["id"],
            "kind": "session",
            "starts_at": at(soon()),
            "expected_minutes": 90,
            "place": {"type": "address", "name": "Bibliotēka", "address": "Brīvības iela 1, Rīga"},
        }
        return form | more

    def an_appointment(self, by: Phone, child: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Another institution's appointment with the child, entered with the least."""
        form = {"title": "Logopēds", "starts_at": at(soon())}
        return done(by.post(f"children/{child['id']}/appointments", form | more))

    def series_form(self, child: dict[str, Any], **more: Any) -> dict[str, Any]:
        """What a phone sends to repeat a usual meeting: each week, the first in two days at 15:00 in Riga."""
        first = clock.today() + timedelta(days=2)
        starts_at = datetime.combine(first, time(15), tzinfo=clock.RIGA)
        return self.meeting_form(child, starts_at=at(starts_at), expected_minutes=60, rule="FREQ=WEEKLY") | more

    def a_series(self, by: Phone, child: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A meeting that repeats."""
        return done(by.post("series", self.series_form(child, **more)))

    def an_absence(self, by: Phone, specialist: Phone, *substitutes: Phone, **more: Any) -> dict[str, Any]:
        """A specialist's absence, today and tomorrow, in which these stand in for all children."""
        today = clock.today()
        form = {
            "specialist_id": str(specialist.account_id),
            "valid_from": today.isoformat(),
            "valid_until": (today + timedelta(days=1)).isoformat(),
            "substitutes": [{"specialist_id": str(one.account_id)} for one in substitutes],
        }
        return done(by.post("absences", form | more))

    def raise_a_duty(self, of: Phone, child: dict[str, Any], **more: Any) -> None:
        """A duty of somebody about a child, as the service would raise it."""
        values = {"kind": DutyKind.CASE_RECEIVED, "about_id": new_id(), "due_at": soon(hours=1)} | more
        with self.app.app_context(), transaction():
            ask_as(of.account_id)
            duties.raise_duty(child_id=uuid.UUID(child["id"]), account_id=of.account_id, **values)

    def a_meeting(self, by: Phone, child: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A planned meeting."""
        return done(by.post("meetings", self.meeting_form(child, **more)))

    def a_meeting_begun(self, by: Phone, meeting: dict[str, Any]) -> dict[str, Any]:
        """A planned meeting under way; others may begin beside it, as beside one that came by a transfer."""
        begun = done(by.act(f"meetings/{meeting['id']}/start", meeting, {"unannounced_reason": "Steidzami"}))
        self.sql("UPDATE meetings SET beside_another = true WHERE id = :id", id=meeting["id"])
        return begun

    def some_work(self, by: Phone, child: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Half an hour on the telephone today, about a child or about none."""
        form = {"minutes": 30, "kind": "call"} | ({"child_id": child["id"]} if child else {})
        return done(by.post("partner-work", form | more))

    def a_calendar_feed(self, by: Phone, **more: Any) -> dict[str, Any]:
        """A calendar outside that learns when a specialist is busy; gives its path, too."""
        feed = done(by.post("calendar-feeds", more))
        return feed | {"path": feed["address"].removeprefix(self.app.config["BAS"].public_url)}

    @contextmanager
    def asking(self, phone: Phone | None) -> Iterator[sqlalchemy.Connection]:
        """The database as the application's role, asking as an account (or nobody); undone at the end."""
        with self.app.app_context():
            engine = db.engine
        with engine.connect() as connection:
            if phone is not None:
                connection.execute(
                    sqlalchemy.text("SELECT set_config('bas.account_id', :id, true)"), {"id": str(phone.account_id)}
                )
            yield connection
            connection.rollback()

    def let_days_pass(self, days: int) -> None:
        """Let everything about cases and load policies be so many days longer ago."""
        self.sql(AGEING.format(days=days, hours=f"interval '{24 * days} hours'"))

    def deactivate(self, phone: Phone) -> None:
        """Put an account out of use, as its keeper would."""
        self.sql("UPDATE accounts SET active = false WHERE id = :id", id=phone.account_id)

    def nobody_carries(self, channel: str) -> None:
        """No worker was given what it takes to send by this channel."""
        self.sql("UPDATE channel_states SET carried = false WHERE channel = :channel", channel=channel)

    def hand_over_messages(self, state: str = "handed_over", *, at: datetime | None = None) -> None:
        """Let every queued message go out, as the worker writes it down; ``at`` a moment, now by default."""
        self.sql(
            "UPDATE messages SET state = :state, handed_over_at = :at WHERE state = 'queued'",
            state=state,
            at=at or clock.now(),
        )

    def opened(self, value: str | None, column: str) -> str | None:
        """A sealed value as the application reads it."""
        return None if value is None else keyring_of(KEYS).open(value, column)

    def digest(self, number: str) -> str:
        """The keyed hash by which a telephone number is found."""
        return keyring_of(KEYS).digest(number, "phone")

    def looks_of(self, phone: Phone) -> list[tuple[str, str, str, bool]]:
        """Each child somebody looked at, as the trace has it: child, ground, action, whether something changed."""
        found = self.sql(
            "SELECT look.child, look.ground, action, changed FROM trace"
            " CROSS JOIN unnest(children, grounds) WITH ORDINALITY AS look (child, ground, place)"
            " WHERE account_id = :id ORDER BY day, lane, seq, look.place",
            id=phone.account_id,
        )
        return [(str(row["child"]), row["ground"], row["action"], row["changed"]) for row in found]

    def empty(self) -> None:
        """Take everybody and everything out again."""
        self.sql(EMPTYING)

    @contextmanager
    def meanwhile(self, call: Callable[[], Any]) -> Iterator["Meanwhile"]:
        """Run a call on another thread while the owner's transaction is open.

        At the block's end the call begins; as soon as the database makes it wait (or it has ended without), the
        transaction commits, and what came of the call is in ``answer``.
        """
        with self.owner.begin() as connection:
            meanwhile = Meanwhile(connection)
            thread = threading.Thread(target=lambda: setattr(meanwhile, "answer", call()))
            yield meanwhile
            thread.start()
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            while thread.is_alive() and not meanwhile.waited:
                meanwhile.waited = self.sql(waiting)[0]["count"] > 0
                thread.join(0.01)
            meanwhile.then()
        thread.join()

    def sql(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Look into the tables as their owner."""
        with self.owner.begin() as connection:
            result = connection.execute(sqlalchemy.text(statement), values)
            return [dict(row) for row in result.mappings()] if result.returns_rows else []
