"""Wordings that administrators make: seen and priced first, from a day on, never edited (D6, D26, D31)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bas_service import clock
from bas_service.announcements import templates
from bas_service.announcements.free_text import harmless
from bas_service.announcements.rules import Reason, Told, as_told, facts_of, wording_of
from bas_service.announcements.template_rules import ALLOWED, MOST_PARTS, NEEDED, samples_of
from bas_service.database import transaction
from bas_service.messaging.segments import parts_of
from bas_service.translation import Language
from tests.builders import TEMPLATE, House
from tests.callers import Phone, done, refusal_of

LV, EN, RU = Language.LATVIAN, Language.ENGLISH, Language.RUSSIAN
MEETING = Told(
    given_name="Anna",
    kind="session",
    starts_at=datetime(2026, 3, 5, 13, 0, tzinfo=UTC),
    expected_minutes=90,
    place_type="address",
    place_name="Bibliotēka",
    place_address="Brīvības iela 1, Rīga",
    specialist_name="Ilze Bērziņa",
    specialist_phone="+37120000100",
)


@pytest.fixture
def coordinator(house: House) -> Phone:
    return house.a_coordinator()


def day(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


def looked_at(by: Phone, **more: Any) -> Any:
    return by.post("message-templates/preview", {"reason": "planned", "language": "lv", "body": TEMPLATE} | more)


def in_force(house: House, on: date, reason: Reason = Reason.PLANNED, language: Language = LV) -> str | None:
    with house.app.app_context(), transaction():
        return templates.template_on(on, reason, language)


def test_a_wording_shows_what_three_meetings_become_and_what_that_costs_before_it_is_made(coordinator: Phone) -> None:
    found = done(looked_at(coordinator))

    short, usual, long = found["samples"]
    assert usual == {
        "text": "Anna ceturtdien, 4.3. plkst. 15.00: tiksanas ar berna atbalsta specialistu, Biblioteka, "
        "Brivibas iela 1, Riga, 1 stunda 30 minutes. Ilze Izdomata, talr. +37120000100",
        "parts": 2,
        "parts_now": 2,
        "cost": None,
    }
    assert short["parts"] <= usual["parts"] <= long["parts"]


def test_what_it_looks_like_when_a_meeting_repeats_is_shown_where_the_wording_says_so() -> None:
    first, *_ = samples_of(Reason.PLANNED, LV, "{when}{repeats} {place} {duration}", present=None, price=None)
    without, *_ = samples_of(Reason.PLANNED, LV, "{when} {place} {duration}", present=None, price=None)

    assert first.text != without.text
    assert first.text.replace(" Pec tam katru ceturtdienu.", "") == without.text


def test_the_price_is_that_of_all_parts() -> None:
    samples = samples_of(Reason.PLANNED, LV, TEMPLATE, present=None, price=Decimal("0.0745"))

    assert [sample.cost for sample in samples] == [Decimal("0.0745") * sample.parts for sample in samples]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{name} {when}: {place}. {contact}", "{duration}"),
        ("{name} {when}: {duration}. {contact}", "{place}"),
        ("{name}: {place}, {duration}", "{when}"),
        ("{when} {place} {duration} {problem}", "problem"),
        ("{when} {place} {duration} {before}", "before"),
        ("{when} {place} {duration} {", "{activity}"),
        ("{when} {place} {duration} {{name}}", "{activity}"),
        ("{when} {place} {duration} {name!r}", "{activity}"),
        ("{when} {place} {duration} https://bac.gov.example", "fraud"),
        ("{when} {place} {duration} www.bac", "fraud"),
        ("{when} {place} {duration} HTTPS://bac", "fraud"),
        ("{when} {place} {duration} bit.ly", "fraud"),
        ("{when} {place} {duration} bank.lv", "fraud"),
        ("{when} {duration} {place}.lv", "fraud"),
        ("{when} {place} {duration} bank\u2024lv", "fraud"),
        ("{when} {place} {duration} 1.2.3.4/x", "fraud"),
        ("{when} {place} {duration} https:\u200b//x", "cannot be seen"),
        ("{when} {place} {duration} bac\u200b", "cannot be seen"),
        ("{when} {place} {duration} ba\u00adc", "cannot be seen"),
        ("{when} {place} {duration} " + "ж" * 500, str(MOST_PARTS)),
    ],
)
def test_a_wording_that_leaves_out_what_must_be_told_or_asks_for_what_is_not_there_is_refused(
    coordinator: Phone, body: str, said: str
) -> None:
    answer = looked_at(coordinator, body=body)
    assert [error["pointer"] for error in answer.get_json()["errors"]] == ["/body"]
    assert said in answer.get_json()["errors"][0]["detail"]

    made = coordinator.post(
        "message-templates",
        {"reason": "planned", "language": "lv", "body": body, "valid_from": day(1), "seen": "x" * 16},
    )
    assert (made.status_code, made.get_json()["errors"][0]["pointer"]) == (422, "/body")


def test_what_was_not_looked_at_is_not_made(house: House, coordinator: Phone) -> None:
    seen = done(looked_at(coordinator))["seen"]
    form = {"reason": "planned", "language": "lv", "body": TEMPLATE + " Labdien!", "valid_from": day(1), "seen": seen}

    for unlike in ({}, {"body": TEMPLATE, "language": "ru"}):
        answer = coordinator.post("message-templates", form | unlike)
        assert [error["pointer"] for error in answer.get_json()["errors"]] == ["/seen"]
    assert house.sql("SELECT id FROM message_templates") == []
    assert done(coordinator.post("message-templates", form | {"body": TEMPLATE}))["body"] == TEMPLATE


def test_a_wording_holds_from_its_day_on_until_the_next_one_and_none_is_the_services_own(
    house: House, coordinator: Phone
) -> None:
    house.a_template(coordinator, valid_from=day(1))
    house.a_template(coordinator, valid_from=day(3), body=None)

    today = clock.today()
    assert [in_force(house, today + timedelta(days=days)) for days in range(5)] == [
        None, TEMPLATE, TEMPLATE, None, None,
    ]  # fmt: skip
    assert in_force(house, today + timedelta(days=1), language=RU) is None
    assert in_force(house, today + timedelta(days=1), reason=Reason.CHANGED) is None


def test_a_day_has_one_wording_until_that_is_taken_back(house: House, coordinator: Phone) -> None:
    first = house.a_template(coordinator)
    seen = done(looked_at(coordinator))["seen"]
    again = {"reason": "planned", "language": "lv", "body": TEMPLATE, "valid_from": day(1), "seen": seen}
    assert refusal_of(coordinator.post("message-templates", again))["type"] == "template-date-taken"

    taken_back = done(coordinator.post(f"message-templates/{first['id']}/withdraw", {}))

    assert taken_back["withdrawn_at"] is not None
    assert in_force(house, clock.today() + timedelta(days=1)) is None
    second = done(coordinator.post("message-templates", again))
    listed = done(coordinator.get("message-templates"))["items"]
    assert sorted(one["id"] for one in listed) == sorted([first["id"], second["id"]])


def test_a_wording_in_use_stays_and_one_in_the_past_is_not_made(house: House, coordinator: Phone) -> None:
    used = house.a_template(coordinator, valid_from=day(0))
    seen = done(looked_at(coordinator))["seen"]

    refused = refusal_of(coordinator.post(f"message-templates/{used['id']}/withdraw", {}))
    past = {"reason": "changed", "language": "lv", "body": TEMPLATE, "valid_from": day(-1), "seen": seen}

    assert refused["type"] == "template-begun"
    assert coordinator.post("message-templates", past).get_json()["errors"][0]["pointer"] == "/valid_from"


def test_a_wording_withdrawn_twice_was_there_once(house: House, coordinator: Phone) -> None:
    template = house.a_template(coordinator)
    done(coordinator.post(f"message-templates/{template['id']}/withdraw", {}))

    assert coordinator.post(f"message-templates/{template['id']}/withdraw", {}).status_code == 404


@pytest.mark.parametrize("language", [LV, EN, RU])
@pytest.mark.parametrize("reason", list(Reason))
def test_the_services_own_wordings_would_pass_as_templates_of_all_they_may_say(
    reason: Reason, language: Language
) -> None:
    said = wording_of(MEETING, reason, language, template=" ".join(f"{{{name}}}" for name in sorted(ALLOWED[reason])))

    assert "{" not in said
    assert NEEDED[reason] <= ALLOWED[reason]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Kafejnīca\nZem liepas", "Kafejnīca Zem liepas"),
        ("skat. https://krapnieks.example/x", "skat. https: krapnieks. example/x"),
        ("www.krapnieks.example", "www. krapnieks. example"),
        ("A.Čaka iela 1.5", "A. Čaka iela 1.5"),
        ("janis@krapnieks.example", "janis@krapnieks. example"),
        ("plkst. 15.00, 2. stāvs", "plkst. 15.00, 2. stāvs"),
        ("1.2.3.4/login", "1. 2. 3. 4/login"),
        ("http://1.2.3.4/x", "http: 1. 2. 3. 4/x"),
        ("24.12.2026, t.i. 2.a klase", "24.12.2026, t.i. 2.a klase"),
        ("evil\u3002lv", "evil. lv"),
        ("evil\uff0elv/x", "evil. lv/x"),
        ("bank\u2024lv", "bank. lv"),
        ("\uff45\uff56\uff49\uff4c.lv", "evil. lv"),
        ("x\u200b.lv", "x. lv"),
        ("x.\u200blv", "x. lv"),
        ("evil.l\u00adv", "evil. lv"),
        ("a\u202elv.live", "alv. live"),
        ("http:\u200b//x", "http: x"),
        ("x\u3164.lv", "x. lv"),
        ("x.l\u0301v", "x. \u013av"),
        ("x.q\u0301v", "x. q\u0301v"),
        ("банк.рф", "банк. рф"),
        ("a.xn--p1ai", "a. xn--p1ai"),
        ("goo.gl", "goo. gl"),
        ("e.lv", "e. lv"),
    ],
)
def test_nothing_in_a_place_becomes_a_link_or_another_line(written: str, told: str) -> None:
    assert harmless(written) == harmless(told) == told
    assert told in wording_of(
        Told(**vars(MEETING) | {"place_name": written, "place_address": None}), Reason.PLANNED, EN
    )


def test_no_link_arises_where_values_meet_or_in_a_wording_from_before() -> None:
    meeting = Told(**vars(MEETING) | {"place_name": "krapnieks.", "place_address": None, "given_name": "example"})

    said = wording_of(meeting, Reason.PLANNED, EN, template="{when} {duration} {place}{name}/x bit.ly")

    assert said.endswith("krapnieks. example/x bit. ly")


@pytest.mark.parametrize("reason", [Reason.PLANNED, Reason.CHANGED])
def test_that_it_repeats_is_said_before_whom_to_call_and_by_a_wording_without_a_place_for_it_at_the_end(
    reason: Reason,
) -> None:
    weekly = Told(**vars(MEETING) | {"repeats": {EN: "Then every Thursday."}})

    once, text = wording_of(MEETING, reason, EN), wording_of(weekly, reason, EN)

    assert text == once.replace(" Ilze", " Then every Thursday. Ilze")
    assert wording_of(weekly, reason, EN, template="{when}.{repeats} {place}") == (
        "Thursday 5.3. at 15:00. Then every Thursday. " + wording_of(MEETING, reason, EN, template="{place}")
    )
    assert wording_of(MEETING, reason, EN, template="{when}.{repeats} Tel. 1") == "Thursday 5.3. at 15:00. Tel. 1"
    assert wording_of(weekly, reason, EN, template="{when}.") == "Thursday 5.3. at 15:00. Then every Thursday."
    assert wording_of(weekly, Reason.CANCELLED, EN) == wording_of(MEETING, Reason.CANCELLED, EN)


def test_what_fills_a_place_is_never_taken_for_a_place() -> None:
    tricky = Told(**vars(MEETING) | {"place_name": "{contact}", "place_address": None})

    assert wording_of(tricky, Reason.PLANNED, EN, template="{place}; {duration}; {when}").startswith("{contact};")


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ({"starts_at": MEETING.starts_at - timedelta(days=1)}, "(Before: Wednesday 4.3. at 15:00.)"),
        ({"place_name": "Skola", "place_address": None}, "(Before: Skola.)"),
        ({"expected_minutes": 60}, "(Before: about 1 hour.)"),
        (
            {"starts_at": MEETING.starts_at + timedelta(hours=1), "place_type": "remote"},
            "(Before: Thursday 5.3. at 16:00; by phone or internet.)",
        ),
        ({"specialist_name": "Zane Citā"}, ""),
    ],
)
def test_a_change_says_what_it_was_before_and_only_that(before: dict[str, Any], said: str) -> None:
    earlier = as_told(MEETING, facts_of(Told(**vars(MEETING) | before)))

    text = wording_of(MEETING, Reason.CHANGED, EN, before=earlier)

    without = wording_of(MEETING, Reason.CHANGED, EN)
    assert text == (without.replace(" Ilze", f" {said} Ilze") if said else without)
    assert parts_of(text) <= parts_of(without) + 1
