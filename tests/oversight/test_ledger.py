"""The ledger over HTTP: one line of truth for each meeting, to those who may see it, from a fixed number of reads."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from bas_service import clock
from bas_service.announcements.rules import Reason
from bas_service.oversight.ledger_rules import Why
from tests.builders import House, at, soon
from tests.callers import Phone, done, invalid, refusal_of
from tests.oversight.generated import Fates
from tests.tables import statements_of


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def specialist(house: House, supervisor: Phone) -> Phone:
    """A specialist of the team."""
    return house.a_specialist(supervisor, name="Ilze Izdomāta")


@pytest.fixture
def family(house: House, supervisor: Phone, specialist: Phone) -> dict[str, Any]:
    """A family that the specialist works with."""
    return house.a_family(supervisor, specialist)


def ledger(phone: Phone, **wanted: Any) -> list[dict[str, Any]]:
    """The ledger's lines; filters are written as in the address, ``from`` as ``from_``."""
    asked = {name.rstrip("_"): at(value) if hasattr(value, "tzinfo") else value for name, value in wanted.items()}
    return done(phone.get(f"announcements?{urlencode({'limit': 200} | asked)}"))["items"]


def begin(phone: Phone, meeting: dict[str, Any]) -> dict[str, Any]:
    return done(phone.act(f"meetings/{meeting['id']}/start", meeting, {"unannounced_reason": "Steidzami"}))


def test_a_line_says_who_was_told_what_where_and_when(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, family["child"])
    house.hand_over_messages("delivered")
    house.sql("UPDATE messages SET delivered_at = handed_over_at")
    begun = begin(specialist, meeting)
    mother = family["representative"]
    (announcement,) = begun["announcements"]

    (line,) = ledger(specialist)

    assert line.pop("why_said").startswith("In time: Mamma Izdomāta told on ")
    assert line == {
        "meeting_id": meeting["id"],
        "starts_at": meeting["starts_at"],
        "started_at": begun["started_at"],
        "state": "under_way",
        "place_type": "address",
        "telling": 1,
        "child": {"id": family["child"]["id"], "given_name": "Anna"},
        "specialist": {"id": str(specialist.account_id), "name": "Ilze Izdomāta"},
        "announced_in_time": True,
        "why": "in-time",
        "told": [
            {
                "id": announcement["id"],
                "representative": {"id": mother["id"], "name": "Mamma Izdomāta", "relation": "parent"},
                "reason": "planned",
                "telling": 1,
                "channel": "sms",
                "address": mother["phone"],
                "text": announcement["text"],
                "parts": announcement["parts"],
                "state": "delivered",
                "decided_at": None,
                "created_at": announcement["created_at"],
                "handed_over_at": announcement["handed_over_at"],
                "delivered_at": announcement["delivered_at"],
                "confirmed_at": None,
            }
        ],
        "told_otherwise": [],
    }


def test_the_address_is_the_one_of_then_and_whole_only_for_whoever_writes_there(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    house.a_meeting(specialist, family["child"])
    house.hand_over_messages()
    mother = family["representative"]
    done(supervisor.change(f"representatives/{mother['id']}", mother, {"phone": "+37120000987"}))

    whole, masked = (
        [one["address"] for line in ledger(phone) for one in line["told"]] for phone in (specialist, supervisor)
    )

    assert whole == [mother["phone"], "+37120000987"]
    assert masked == [f"*********{mother['phone'][-3:]}", "*********987"]


def test_what_lies_in_reserve_for_another_channel_is_no_line_and_in_no_figure(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    mother = family["representative"]
    done(
        supervisor.change(
            f"representatives/{mother['id']}", mother, {"email": "m@example.lv", "channels": ["sms", "email"]}
        )
    )
    house.a_meeting(specialist, family["child"])
    house.hand_over_messages()

    (line,) = ledger(supervisor)
    (figures,) = figures_of(supervisor, to=at(soon(hours=48)))

    assert [(one["channel"], one["state"]) for one in line["told"]] == [("sms", "handed_over")]
    assert [one["channel"] for one in figures["channels"]] == ["sms"]


def test_when_it_was_decided_is_told_by_the_phones_own_clock(
    house: House, specialist: Phone, family: dict[str, Any]
) -> None:
    offline = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=40)
    meeting = house.a_meeting(specialist, family["child"], on_phone_at=at(offline))
    house.hand_over_messages()
    house.sql("UPDATE announcements SET created_at = created_at - interval '1 minute'")
    house.sql("UPDATE meeting_events SET at = at - interval '1 minute'")
    done(specialist.change(f"meetings/{meeting['id']}", meeting, {"expected_minutes": 45}))

    (line,) = ledger(specialist)

    moments = [one["decided_at"] and datetime.fromisoformat(one["decided_at"]) for one in line["told"]]
    assert moments == [offline, None]


def test_whoever_was_told_by_telephone_is_told_of_with_who_did(
    house: House, specialist: Phone, family: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, family["child"])
    house.sql("UPDATE messages SET state = 'failed'")
    told = {"representative_id": family["representative"]["id"], "means": "phone"}
    told_at = done(specialist.post(f"meetings/{meeting['id']}/told", told))["told_at"]

    (line,) = ledger(specialist)

    assert line["told_otherwise"] == [
        told | {"name": "Mamma Izdomāta", "telling": 1, "told_at": told_at, "told_by": "Ilze Izdomāta"}
    ]
    assert (line["why"], line["announced_in_time"]) == ("by-a-person", None)


def test_a_meeting_made_longer_stays_announced_in_time_everywhere(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    meeting = house.a_meeting(specialist, family["child"])
    house.hand_over_messages()
    begun = begin(specialist, meeting)
    done(specialist.act(f"meetings/{meeting['id']}/extend", begun, {"minutes": 30}))

    (line,) = ledger(supervisor)

    assert (line["announced_in_time"], line["telling"], len(line["told"])) == (True, 2, 2)
    assert "not announced" not in house.a_browser(supervisor).get("/team").get_data(as_text=True)


def test_the_sentence_is_in_the_callers_language(house: House, specialist: Phone, family: dict[str, Any]) -> None:
    house.a_meeting(specialist, family["child"])

    said = [
        done(specialist.get("announcements", Accept_Language=language))["items"][0]["why_said"]
        for language in ("lv", "ru")
    ]

    assert said == ["Ziņa vēl nav nosūtīta (Mamma Izdomāta).", "Сообщение ещё не отправлено (Mamma Izdomāta)."]


def test_each_sees_the_meetings_of_the_children_in_sight_and_leaves_a_trace(
    house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]
) -> None:
    colleague, other = house.a_specialist(supervisor), house.a_supervisor()
    hers = house.a_family(supervisor, colleague)
    house.a_meeting(specialist, family["child"])
    house.a_meeting(colleague, hers["child"])
    stranger = house.a_family(other, house.a_specialist(other))
    house.sql("DELETE FROM trace")

    seen = {
        name: [line["child"]["id"] for line in ledger(phone)]
        for name, phone in {"own": specialist, "team": supervisor, "other": other}.items()
    }

    assert seen["own"] == [family["child"]["id"]]
    assert sorted(seen["team"]) == sorted([family["child"]["id"], hers["child"]["id"]])
    assert seen["other"] == []
    assert house.looks_of(specialist) == [(family["child"]["id"], "responsible", "ledger.page", False)]
    assert {look[0] for look in house.looks_of(supervisor)} == set(seen["team"])
    assert stranger["child"]["id"] not in seen["team"]


@pytest.fixture
def fates(house: House, supervisor: Phone, specialist: Phone, family: dict[str, Any]) -> Fates:
    """A family of three who are to be told, and one who is not."""
    names = ("Tētis Izdomāts", "Vecmamma Izdomāta")
    others = [house.a_representative(supervisor, family["child"], name=name) for name in names]
    unknowing = house.a_representative(supervisor, family["child"], name="Krusttēvs Izdomāts")
    house.a_protected_place(supervisor, unknowing)
    return Fates(house, family, [one["id"] for one in (family["representative"], *others)], seed=1905)


def test_the_database_says_of_every_meeting_what_the_rule_says(
    house: House, supervisor: Phone, specialist: Phone, fates: Fates
) -> None:
    """Three ways to the same answer: the rule one by one, the view for many, and what the meeting itself shows."""
    fates.meetings(195)

    by_rule = {line["meeting_id"]: (line["announced_in_time"], line["why"]) for line in ledger(supervisor)}
    by_view = {str(row["id"]): (row["in_time"], row["why"]) for row in house.sql("SELECT * FROM meeting_told")}
    by_meeting = {one["id"]: one["announced_in_time"] for one in done(supervisor.get("meetings?limit=200"))["items"]}

    assert len(by_rule) == 195
    assert by_view == by_rule
    assert by_meeting == {meeting: in_time for meeting, (in_time, _) in by_rule.items()}
    assert {why for _, why in by_rule.values()} == set(Why)


def test_each_filter_leaves_what_it_says(house: House, supervisor: Phone, specialist: Phone, fates: Fates) -> None:
    fates.meetings(60)
    lines = ledger(supervisor)
    middle = house.sql("SELECT starts_at FROM meetings ORDER BY starts_at OFFSET 30 LIMIT 1")[0]["starts_at"]

    def ids(found: list[dict[str, Any]]) -> list[str]:
        return [line["meeting_id"] for line in found]

    assert ids(ledger(supervisor, from_=middle)) == ids(lines[30:])
    assert ids(ledger(supervisor, to=middle)) == ids(lines[:30])
    for spelled, value in {"true": True, "false": False, "null": None}.items():
        expected = [line for line in lines if line["announced_in_time"] is value]
        assert ids(ledger(supervisor, announced_in_time=spelled)) == ids(expected)
    for why in Why:
        assert ids(ledger(supervisor, why=why)) == ids([line for line in lines if line["why"] == why])
    for state, reason in (("uncertain", None), (None, Reason.CHANGED), ("queued", Reason.EXTENDED)):
        expected = [
            line
            for line in lines
            if any(
                (state is None or one["state"] == state) and (reason is None or one["reason"] == reason)
                for one in line["told"]
            )
        ]
        asked = {name: value for name, value in {"state": state, "reason": reason}.items() if value}
        assert ids(ledger(supervisor, **asked)) == ids(expected)
    assert ledger(supervisor, specialist_id=str(supervisor.account_id)) == []
    assert len(ledger(supervisor, specialist_id=str(specialist.account_id))) == 60
    assert ledger(supervisor, child_id=lines[0]["meeting_id"]) == []
    assert len(ledger(supervisor, child_id=lines[0]["child"]["id"])) == 60


def test_page_after_page_every_meeting_comes_once(supervisor: Phone, fates: Fates) -> None:
    fates.meetings(23)
    whole = [line["meeting_id"] for line in ledger(supervisor)]

    found, following = [], ""
    while following is not None:
        page = done(supervisor.get(f"announcements?limit=5{following and f'&cursor={following}'}"))
        found += [line["meeting_id"] for line in page["items"]]
        following = page["next"]

    assert found == whole
    assert len(found) == 23


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("announced_in_time=maybe", "announced_in_time"),
        ("why=because", "why"),
        ("state=sending", "state"),
        ("reason=", "reason"),
        ("from=yesterday", "from"),
        ("specialist_id=7", "specialist_id"),
        ("cursor=bm8=", "cursor"),
        ("limit=201", "limit"),
        ("telling=1", "telling"),
    ],
)
def test_a_filter_that_is_none_is_refused(supervisor: Phone, query: str, place: str) -> None:
    assert refusal_of(supervisor.get(f"announcements?{query}")) == invalid(place)


def test_a_page_takes_as_many_statements_for_thirty_meetings_as_for_one(
    house: House, supervisor: Phone, fates: Fates
) -> None:
    counts = []
    for number in (1, 30):
        fates.meetings(number, around=soon(hours=-500 * len(counts)))
        with statements_of(house.app) as found:
            ledger(supervisor)
        counts.append(len(found))

    # Who asks, the trace, and the ledger's own four.
    assert counts[0] == counts[1]


def test_when_the_retention_of_words_is_over_the_rest_stays(
    house: House, specialist: Phone, family: dict[str, Any]
) -> None:
    house.a_meeting(specialist, family["child"])
    house.hand_over_messages()
    house.sql("UPDATE messages SET body = NULL, recipient = NULL, recipient_digest = NULL")

    (line,) = ledger(specialist)

    assert [(one["text"], one["address"], one["state"]) for one in line["told"]] == [(None, None, "handed_over")]
    assert line["why"] == "in-time"


def test_the_figures_count_what_the_ledger_lists(
    house: House, supervisor: Phone, specialist: Phone, fates: Fates
) -> None:
    fates.meetings(120)
    lines = ledger(supervisor)
    begun = [line for line in lines if line["announced_in_time"] is not None]
    in_time = [line for line in begun if line["announced_in_time"]]
    period = {"from": at(soon(hours=-24 * 30)), "to": at(soon(hours=24 * 30))}

    for by, whose in (("team", {"supervisor": supervisor}), ("specialist", {"specialist": specialist})):
        (figures,) = figures_of(supervisor, by=by, **period)
        ((name, phone),) = whose.items()
        assert figures[name]["id"] == str(phone.account_id)
        assert (figures["meetings"], figures["begun"], figures["in_time"]) == (120, len(begun), len(in_time))
        assert figures["share_in_time"] == pytest.approx(len(in_time) / len(begun), abs=0.0001)
        assert {one["why"]: one["meetings"] for one in figures["why_not"]} == {
            why: number for why in Why if (number := sum(line["why"] == why for line in begun if line not in in_time))
        }
        assert figures["channels"] == [
            {"channel": channel} | {state: counted(lines, channel, state) for state in COUNTED}
            for channel in ("email", "sms")
        ]
        assert figures["told_by_a_person"] == sum(bool(line["told_otherwise"]) for line in lines)
    months = figures_of(supervisor, by="month", **period)
    assert sum(one["meetings"] for one in months) == 120
    assert [one["month"] for one in months] == sorted({local_month(line) for line in lines})


COUNTED = {
    "handed_over": {"handed_over", "delivered"},
    "delivered": {"delivered"},
    "uncertain": {"uncertain"},
    "failed": {"failed"},
}


def counted(lines: list[dict[str, Any]], channel: str, state: str) -> int:
    told = [one for line in lines for one in line["told"]]
    return sum(one["channel"] == channel and one["state"] in COUNTED[state] for one in told)


def local_month(line: dict[str, Any]) -> str:
    return f"{clock.in_riga(datetime.fromisoformat(line['starts_at'])):%Y-%m}"


def figures_of(phone: Phone, **wanted: str) -> list[dict[str, Any]]:
    return done(phone.get(f"announcements/figures?{urlencode(wanted)}"))["items"]


def test_supervisors_get_their_team_and_whoever_answers_for_all_gets_all_teams_in_numbers(
    house: House, supervisor: Phone, fates: Fates
) -> None:
    fates.meetings(9)
    other, coordinator, administrator = house.a_supervisor(), house.a_coordinator(), house.an_administrator()
    period = {"from": at(soon(hours=-1000)), "to": at(soon(hours=1000))}

    assert [one["meetings"] for one in figures_of(supervisor, **period)] == [9]
    assert figures_of(other, **period) == []
    for phone in (coordinator, administrator):
        (team,) = figures_of(phone, **period)
        assert (team["supervisor"]["id"], team["specialist"], team["meetings"]) == (
            str(supervisor.account_id),
            None,
            9,
        )
        wanted = urlencode(period | {"by": "specialist"})
        assert refusal_of(phone.get(f"announcements/figures?{wanted}")) == invalid("by")
        assert house.looks_of(phone) == []


def test_figures_need_a_period_of_a_year_at_most(supervisor: Phone) -> None:
    now = soon()
    wrong = [
        ({"from": at(now)}, ["to"]),
        ({"from": at(now), "to": at(now)}, ["to"]),
        ({"from": at(now), "to": at(now + timedelta(days=367))}, ["to"]),
        ({"from": at(now), "to": at(now + timedelta(days=2)), "by": "child"}, ["by"]),
    ]

    for wanted, places in wrong:
        assert refusal_of(supervisor.get(f"announcements/figures?{urlencode(wanted)}")) == invalid(*places)
    assert figures_of(supervisor) == []


def test_figures_take_one_statement_of_their_own(house: House, supervisor: Phone, fates: Fates) -> None:
    fates.meetings(5)
    with statements_of(house.app) as found:
        figures_of(supervisor, **{"from": at(soon(hours=-100)), "to": at(soon(hours=100))})

    assert len([one for one in found if "announcement_figures" in one]) == 1
    assert not [one for one in found if "meeting_told" in one or "FROM children" in one]
