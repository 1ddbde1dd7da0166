"""A specialist asks for a consent by a link; the representative agrees, refuses, or takes it back (D25)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from bas_service import clock
from bas_service.database import transaction
from bas_service.links import passes
from bas_service.links.jobs import forget_links_sent, remind_of_unanswered
from bas_service.links.rules import Factor
from bas_service.messaging.jobs import claim_due
from bas_service.messaging.rules import BarReason, Channel
from bas_service.messaging.service import bar_address
from bas_service.worker import POSTERS
from tests.builders import House, at, soon
from tests.callers import done, invalid, refusal_of
from tests.links.family import Family
from tests.tables import statements_of
from tests.web.reading import fields_of, page_of


def test_the_text_names_who_asks_and_nothing_of_the_child(family: Family) -> None:
    family.asked()

    (text,) = family.house.texts_with_links()
    said, _, link = text.rpartition(" ")
    assert said == "Ilze Berzina no Bernu aizsardzibas centra ludz jusu piekrisanu:"
    assert link.startswith("http://127.0.0.1:8000/l/")
    assert len(link.rpartition("/")[2]) == 22


def test_a_mother_agrees_and_the_consent_is_there_with_its_proof(family: Family) -> None:
    request = family.asked(valid_until=(clock.today() + timedelta(days=30)).isoformat())
    holder = family.holder()

    assert page_of(holder.get()).one("h1").text == "Ziņa jums"
    asked = page_of(holder.enter())
    agreed = page_of(holder.do("yes"))

    day = f"{clock.today() + timedelta(days=30):%d.%m.%Y}"
    wording = [
        "Asked by: Ilze Bērziņa, Child Protection Centre.",
        "Child: Anna.",
        "What for: the child support specialist accompanies the child to an institution or to another specialist.",
        "Where to: Izdomātā pamatskola",
        "Why: Saruna ar klases audzinātāju",
        f"For how long: until {day} (that day included), unless you withdraw it earlier.",
        "You may also say no.",
        "You can withdraw your agreement at any time: at once, on the page that follows your answer, or later, by"
        " asking the child support specialist for a new link (Ilze Bērziņa, tel. +37120000100).",
    ]
    assert [one.text for one in asked.one("div", "wording").all("p")] == wording
    assert agreed.one("p", "done").text.startswith("Your agreement was received on ")
    (consent,) = family.consents()
    assert {
        name: consent[name] for name in ("representative_id", "scope", "institution", "means", "valid_until")
    } == {
        "representative_id": family.mother["id"],
        "scope": "accompaniment",
        "institution": "Izdomātā pamatskola",
        "means": "link",
        "valid_until": request["valid_until"],
    }
    (proof,) = done(family.supervisor.get(f"consents/{consent['id']}/proofs"))["items"]
    assert proof == {
        "id": proof["id"],
        "at": proof["at"],
        "act": "agreed",
        "language": "en",
        "wording": "\n".join(wording),
        "wording_version": "1",
        "representative_id": family.mother["id"],
        "channel": "sms",
        "sent_to": family.mother["phone"],
        "factor": "phone_digits",
        "address": "127.0.0.1",
        "user_agent": "A test's telephone",
        "unaltered": True,
    }
    assert [(one["state"], one["consent_id"], one["version"]) for one in family.requests()] == [
        ("yes", consent["id"], 2)
    ]


def test_a_mother_refuses_and_the_specialist_has_it_as_a_task(family: Family) -> None:
    request = family.asked()
    holder = family.holder()
    holder.enter()

    refused = page_of(holder.do("no"))

    assert refused.one("p", "done").text.endswith(": you do not agree.")
    assert family.consents() == []
    assert [(one["state"], one["consent_id"]) for one in family.requests()] == [("no", None)]
    (duty,) = done(family.specialist.get("duties"))["items"]
    assert (duty["kind"], duty["about_id"], duty["representative_id"]) == (
        "consent-refused",
        request["id"],
        family.mother["id"],
    )
    (proof,) = family.house.sql("SELECT act, consent_id, request_id FROM consent_proofs")
    assert proof == {"act": "refused", "consent_id": None, "request_id": uuid.UUID(request["id"])}


def test_asking_again_lets_what_became_of_the_first_question_rest(family: Family) -> None:
    family.asked()
    holder = family.holder()
    holder.enter()
    holder.do("no")
    assert family.duties() == ["consent-refused"]

    family.asked()

    assert family.duties() == []
    assert [one["state"] for one in family.requests()] == ["no", "sent"]


def test_a_consent_by_link_covers_an_accompaniment_and_its_end_is_a_task_at_once(family: Family) -> None:
    consent = family.a_consent_by_link()
    meeting = family.planned_at_school()
    family.house.a_see_link(family.specialist, family.mother)
    holder = family.holder()
    seen = page_of(holder.enter())
    assert seen.one("section").one("button").text == "Withdraw the agreement"

    asked = page_of(holder.do("withdrawing", consent=consent["id"]))
    assert asked.one("div", "wording").text.endswith("It is not in force any more from this moment on.")
    withdrawn = page_of(holder.do("withdraw", factor=holder.factor))

    assert withdrawn.one("p", "done").text.startswith("The agreement was withdrawn on ")
    (now,) = family.consents()
    assert now["withdrawn_at"] is not None
    assert family.duties() == ["consent-lost", "consent-withdrawn"]
    proofs = done(family.specialist.get(f"consents/{consent['id']}/proofs"))["items"]
    assert [(proof["act"], proof["unaltered"]) for proof in proofs] == [("agreed", True), ("withdrew", True)]
    started = family.specialist.act(f"meetings/{meeting['id']}/start", meeting, {"unannounced_reason": "x"})
    assert refusal_of(started)["type"] == "consent-missing"


def test_a_consent_given_by_link_ends_the_task_that_it_was_lacking(family: Family) -> None:
    paper = family.house.a_consent(family.specialist, family.mother)
    family.planned_at_school()
    done(family.specialist.act(f"consents/{paper['id']}/withdraw", paper))
    assert family.duties() == ["consent-lost"]

    family.a_consent_by_link()

    assert family.duties() == []


def test_a_consent_can_be_withdrawn_on_the_page_that_follows(family: Family) -> None:
    family.asked()
    holder = family.holder()
    holder.enter()
    agreed = page_of(holder.do("yes"))
    assert agreed.one("main").one("button").text == "Withdraw the agreement"

    holder.do("withdrawing")
    mistyped = holder.do("withdraw", factor="0")
    assert mistyped.status_code == 403
    assert page_of(mistyped).one("p", "wrong").text.startswith("That does not fit. 4 tries are left")
    withdrawn = holder.do("withdraw", factor=holder.factor)

    assert withdrawn.status_code == 200
    assert [one["withdrawn_at"] is None for one in family.consents()] == [False]
    again = holder.do("answered", **{"pass": holder.fields.get("pass", "")})
    assert again.status_code == 200


@pytest.mark.parametrize("link", ["that asked", "to see"])
def test_whoever_does_not_withdraw_after_all_goes_back_to_where_they_came_from(family: Family, link: str) -> None:
    family.asked()
    holder = family.holder()
    holder.enter()
    before = page_of(holder.do("yes"))
    consent = family.consents()[0]["id"]
    if link == "to see":
        family.house.a_see_link(family.specialist, family.mother)
        holder = family.holder()
        before = page_of(holder.enter())

    withdrawing = page_of(holder.do("withdrawing", consent=consent))
    (back,) = [form for form in withdrawing.one("main").all("form") if form.one("button").text == "Back"]

    assert page_of(holder.do(fields_of(back)["action"])).one("main").text == before.one("main").text
    assert [one["withdrawn_at"] for one in family.consents()] == [None]


def test_the_page_speaks_the_representative_s_language_until_they_choose_another(family: Family) -> None:
    family.house.sql("UPDATE representatives SET language = 'ru'")
    family.asked()
    holder = family.holder()

    headings = [
        page_of(holder.get(Accept_Language="en")).one("h1").text,
        page_of(holder.app.test_client().get(f"{holder.path}?language=lv")).one("h1").text,
        page_of(holder.enter(language="")).one("h1").text,
        page_of(holder.send(holder.fields | {"action": "show", "language": "lv"})).one("h1").text,
        page_of(holder.do("yes", language="lv")).one("h1").text,
    ]

    assert headings == [
        "Сообщение для вас",
        "Ziņa jums",
        "Просим вашего согласия",
        "Lūdzam jūsu piekrišanu",
        "Paldies!",
    ]
    assert [row["language"] for row in family.house.sql("SELECT language FROM consent_proofs")] == ["lv"]


def test_opening_the_link_any_number_of_times_changes_nothing(family: Family) -> None:
    family.asked()
    holder = family.holder()
    before = family.house.sql("SELECT * FROM links")

    answers = [holder.get() for _ in range(3)]
    heads = [family.house.app.test_client().head(holder.path) for _ in range(3)]

    assert [answer.status_code for answer in answers + heads] == [200] * 6
    assert family.house.sql("SELECT * FROM links") == before
    assert family.house.sql("SELECT * FROM link_visits") == []
    assert [one["state"] for one in family.requests()] == ["sent"]
    assert holder.enter().status_code == 200
    assert [one["state"] for one in family.requests()] == ["opened"]
    assert [row["did"] for row in family.house.sql("SELECT did FROM link_visits")] == ["opened"]


@pytest.mark.parametrize("spoiled", ["suspended", "not theirs", "over", "protected", "no number", "no case", "ended"])
def test_who_cannot_be_asked_is_not_asked(family: Family, spoiled: str) -> None:
    house, mother = family.house, family.mother
    form = {"representative_id": mother["id"], "scope": "transport", "purpose": "Uz skolu", "channel": "sms"}
    path = f"children/{family.child['id']}/consent-requests"
    assert family.specialist.post(path, form).status_code == 201
    wrong = invalid("/representative_id")
    if spoiled == "suspended":
        why = {"reason": "Lēmums", "basis": "Bāriņtiesa"}
        done(family.specialist.act(f"representatives/{mother['id']}/suspend", mother, why))
    if spoiled == "not theirs":
        other = house.a_family(family.supervisor, family.specialist)
        form["representative_id"] = other["representative"]["id"]
    if spoiled == "over":
        house.sql("UPDATE representatives SET valid_from = '2020-01-01', valid_until = '2020-12-31'")
    if spoiled == "protected":
        house.a_protected_place(family.specialist, mother)
    if spoiled == "no number":
        house.sql("UPDATE representatives SET phone = NULL, phone_digest = NULL, channels = '{email}'")
        wrong = invalid("/channel")
    if spoiled == "no case":
        house.sql("ALTER TABLE cases DISABLE TRIGGER USER")
        house.sql("UPDATE cases SET state = 'closed', closed_at = now(), close_reason = 'x'")
        house.sql("ALTER TABLE cases ENABLE TRIGGER USER")
        wrong = {"type": "no-open-case"}
    if spoiled == "ended":
        form["valid_until"] = (clock.today() - timedelta(days=1)).isoformat()
        wrong = invalid("/valid_until")

    by = family.supervisor if spoiled == "no case" else family.specialist
    assert refusal_of(by.post(path, form)) == wrong


EMAIL = {"scope": "transport", "purpose": "Izdomāts brauciens", "channel": "email"}


def test_by_e_mail_a_link_goes_to_the_address_and_asks_for_the_birth_date(family: Family) -> None:
    mother = done(
        family.supervisor.change(
            f"representatives/{family.mother['id']}", family.mother, {"email": "mother@example.lv"}
        )
    )

    family.house.a_consent_request(family.specialist, mother, channel="email")

    (message,) = family.house.sql("SELECT channel, state, subject_line IS NOT NULL AS headed FROM messages")
    assert message == {"channel": "email", "state": "queued", "headed": True}
    assert [one["type"] for one in page_of(family.holder().get()).all("input")][-1] == "date"


def test_no_link_goes_where_nobody_carries_it_or_where_nothing_is_wanted(family: Family) -> None:
    form = {"representative_id": family.mother["id"], **EMAIL, "channel": "sms"}
    path = f"children/{family.child['id']}/consent-requests"
    family.house.nobody_carries("sms")
    assert refusal_of(family.specialist.post(path, form)) == invalid("/channel")

    family.house.sql("UPDATE channel_states SET carried = true")
    (kept,) = family.house.sql("SELECT phone_digest FROM representatives")
    with family.house.app.app_context(), transaction():
        bar_address(Channel.SMS, kept["phone_digest"], reason=BarReason.OPTED_OUT, by=None)
    assert refusal_of(family.specialist.post(path, form)) == invalid("/channel")
    assert family.house.sql("SELECT id FROM messages") == []

    family.house.sql("UPDATE barred_addresses SET lifted_at = now()")
    done(family.specialist.post(path, form))


def test_whoever_was_written_to_by_e_mail_tells_the_child_s_birth_date(family: Family) -> None:
    """As it will be: the letter goes to an address, so the telephone's digits prove nothing."""
    family.asked()
    holder = family.holder()
    (link,) = family.house.sql("SELECT id FROM links")
    born = family.child["birth_date"]
    with family.house.app.app_context():
        digest = passes.digest_of_factor(link["id"], Factor.BIRTH_DATE, born)
    family.house.sql(
        "UPDATE links SET channel = 'email', factor = 'birth_date', factor_digest = :digest, recipient_digest = 'x'",
        digest=digest,
    )
    family.house.sql("UPDATE representatives SET email_digest = 'x'")

    question = page_of(holder.get())
    assert [one["type"] for one in question.all("input")] == ["hidden", "hidden", "date"]
    assert holder.enter().status_code == 403
    assert holder.enter(factor=".".join(reversed(born.split("-")))).status_code == 200


def test_a_question_taken_back_is_dead_and_its_text_does_not_go_out(family: Family) -> None:
    request = family.asked()
    holder = family.holder()

    withdrawn = done(family.specialist.act(f"consent-requests/{request['id']}/withdraw", request))

    assert (withdrawn["state"], withdrawn["message_state"]) == ("withdrawn", "withdrawn")
    assert withdrawn["withdrawn_by"] == str(family.specialist.account_id)
    assert holder.get().status_code == 404
    assert holder.enter().status_code == 404
    again = family.specialist.act(f"consent-requests/{request['id']}/withdraw", withdrawn)
    assert refusal_of(again) == {"type": "consent-request-ended", "state": "withdrawn"}


def test_what_was_answered_is_not_taken_back_any_more(family: Family) -> None:
    family.a_consent_by_link()
    (request,) = family.requests()

    refused = family.specialist.act(f"consent-requests/{request['id']}/withdraw", request)

    assert refusal_of(refused) == {"type": "consent-request-ended", "state": "yes"}


def test_a_suspension_ends_question_and_text_for_good(family: Family) -> None:
    family.asked()
    holder = family.holder()
    why = {"reason": "Lēmums", "basis": "Bāriņtiesa"}

    suspended = done(family.specialist.act(f"representatives/{family.mother['id']}/suspend", family.mother, why))

    assert [(one["state"], one["message_state"], one["withdrawn_by"]) for one in family.requests()] == [
        ("withdrawn", "withdrawn", None)
    ]
    assert holder.get().status_code == 404
    done(family.specialist.act(f"representatives/{family.mother['id']}/resume", suspended, why))
    assert holder.get().status_code == 404


def test_another_number_ends_what_went_to_the_old_one(family: Family) -> None:
    family.asked()
    holder = family.holder()
    assert holder.get().status_code == 200

    done(family.specialist.change(f"representatives/{family.mother['id']}", family.mother, {"phone": "+37120009998"}))

    assert holder.get().status_code == 404
    assert [one["state"] for one in family.requests()] == ["withdrawn"]


def test_another_name_or_language_ends_nothing(family: Family) -> None:
    family.asked()

    changed = {"name": "Cita Izdomāta", "language": "ru"}
    done(family.specialist.change(f"representatives/{family.mother['id']}", family.mother, changed))

    assert [(one["state"], one["message_state"]) for one in family.requests()] == [("sent", "queued")]


def test_a_place_protected_meanwhile_ends_the_question(family: Family) -> None:
    family.asked()
    holder = family.holder()

    family.house.a_protected_place(family.specialist, family.mother)

    assert holder.enter().status_code == 404
    assert [one["state"] for one in family.requests()] == ["withdrawn"]


def test_closing_the_case_ends_the_question(family: Family) -> None:
    family.asked()
    holder = family.holder()
    (case,) = family.house.sql("SELECT id, version FROM cases")

    closing = {"reason": "goal_reached", "outcome": "Labs"}
    done(family.supervisor.act(f"cases/{case['id']}/close", case, closing))

    assert holder.get().status_code == 404
    (request,) = done(family.supervisor.get(f"children/{family.child['id']}/consent-requests"))["items"]
    assert (request["state"], request["message_state"]) == ("withdrawn", "withdrawn")


def to_be_sent(app: Flask) -> set[uuid.UUID]:
    """What the worker would hand over now; nothing of it is handed over."""
    found = []

    def look() -> None:
        with app.app_context(), transaction():
            found.extend(claim_due(10, lease=60, still_right=POSTERS))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        look()
    return {message.id for message in found}


@pytest.mark.parametrize(
    "spoiled",
    [
        "UPDATE representatives SET state = 'suspended'",
        "UPDATE representatives SET valid_from = '2020-01-01', valid_until = '2020-12-31'",
        "UPDATE representatives SET phone_digest = 'another'",
        "UPDATE links SET withdrawn_at = now()",
        "UPDATE links SET expires_at = now()",
    ],
)
def test_at_the_moment_of_sending_it_is_looked_at_again(family: Family, worker_app: Flask, spoiled: str) -> None:
    family.asked()
    meeting = family.house.a_meeting(family.specialist, family.child)
    (link,) = family.house.sql("SELECT id FROM links")
    announced = uuid.UUID(meeting["announcements"][0]["id"])
    assert to_be_sent(worker_app) == {link["id"], announced}

    family.house.sql(spoiled)

    assert link["id"] not in to_be_sent(worker_app)


def test_what_nobody_answers_is_a_task_when_its_time_is_over_and_only_once(family: Family, worker_app: Flask) -> None:
    def remind() -> int:
        with worker_app.app_context(), transaction():
            return remind_of_unanswered()

    request = family.asked()
    assert remind() == 0
    family.house.sql("UPDATE links SET expires_at = now() - interval '1 hour'")
    family.house.sql("UPDATE consent_requests SET expires_at = now() - interval '1 hour'")

    assert [remind(), remind()] == [1, 0]
    (duty,) = done(family.specialist.get("duties"))["items"]
    assert (duty["kind"], duty["about_id"]) == ("consent-unanswered", request["id"])
    assert [one["state"] for one in family.requests()] == ["expired"]
    assert family.holder().get().status_code == 404
    refused = family.specialist.act(f"consent-requests/{request['id']}/withdraw", request)
    assert refusal_of(refused) == {"type": "consent-request-ended", "state": "expired"}


def test_a_locked_link_is_a_task_at_once(family: Family, worker_app: Flask) -> None:
    family.asked()
    holder = family.holder()
    for _ in range(5):
        holder.enter(factor="no")

    with worker_app.app_context(), transaction():
        assert remind_of_unanswered() == 1
    assert [one["state"] for one in family.requests()] == ["locked"]


def test_the_text_with_the_link_is_forgotten_once_it_is_used_or_a_day_old(family: Family, worker_app: Flask) -> None:
    def bodies() -> list[bool]:
        with worker_app.app_context(), transaction():
            forget_links_sent()
        return [row["body"] is None for row in family.house.sql("SELECT body FROM messages ORDER BY created_at")]

    family.asked()
    assert bodies() == [False]
    family.house.hand_over_messages()
    assert bodies() == [False]
    holder = family.holder()
    holder.enter()
    holder.do("yes")
    assert bodies() == [True]
    family.house.a_see_link(family.specialist, family.mother)
    family.house.sql("UPDATE links SET created_at = now() - interval '2 days'")
    assert bodies() == [True, False]
    family.house.hand_over_messages()
    assert bodies() == [True, True]


def test_only_a_keyed_hash_of_the_token_is_kept(family: Family) -> None:
    family.asked()
    token = family.house.the_link().removeprefix("/l/")

    everything = str(family.house.sql("SELECT * FROM links")) + str(family.house.sql("SELECT * FROM messages"))
    everything += str(family.house.sql("SELECT * FROM answered_requests"))

    assert token not in everything
    assert token not in str(family.requests())


def test_a_proof_changed_in_the_database_is_found_out_or_refused(family: Family) -> None:
    consent = family.a_consent_by_link()
    house = family.house

    for change in ("act = 'withdrew'", "at = now()", "language = 'ru'", "consent_id = NULL", "content_digest = 'x'"):
        with pytest.raises(Exception, match="a proof stays as it is"):
            house.sql(f"UPDATE consent_proofs SET {change}")
    house.sql("UPDATE consent_proofs SET wording = 'Something else'")

    (proof,) = done(family.specialist.get(f"consents/{consent['id']}/proofs"))["items"]
    assert proof["unaltered"] is False


def test_how_many_statements_a_list_of_questions_takes_does_not_depend_on_their_number(
    house: House, family: Family
) -> None:
    counts = []
    for _ in range(2):
        family.asked()
        family.asked()
        with statements_of(house.app) as statements:
            family.requests()
        counts.append(len(statements))

    assert counts[0] == counts[1]


def test_a_consent_on_paper_says_who_saw_it_and_where_it_is_kept(family: Family) -> None:
    details = {"witness": "Sociālā darbiniece", "kept_at": "Mape 7", "note": "Parakstīts mājās"}

    consent = family.house.a_consent(family.specialist, family.mother, **details)

    assert {name: consent[name] for name in details} == details
    (row,) = family.house.sql("SELECT witness, kept_at, note FROM consents")
    assert [value.startswith("s1.") for value in row.values()] == [True] * 3
    plain = family.house.a_consent(family.specialist, family.mother)
    assert [plain[name] for name in details] == [None] * 3


def test_the_same_question_sent_twice_is_one(family: Family) -> None:
    form: dict[str, Any] = {"id": str(uuid.uuid4())}

    first, second = family.asked(**form), family.asked(**form)

    assert first == second
    assert len(family.house.texts_with_links()) == 1


def test_an_end_before_a_week_shortens_the_link(family: Family) -> None:
    request = family.asked(valid_until=clock.today().isoformat())

    assert request["expires_at"] < at(soon(hours=25))


def test_a_link_ends_with_the_representation(family: Family) -> None:
    until = {"valid_until": (clock.today() + timedelta(days=1)).isoformat()}
    done(family.specialist.change(f"representatives/{family.mother['id']}", family.mother, until))

    request, link = family.asked(), family.house.a_see_link(family.specialist, family.mother)

    assert request["expires_at"] == link["expires_at"] < at(soon(hours=50))
