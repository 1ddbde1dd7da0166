"""Meetings that repeat: laid out once each, told in time and once; one changed, all, or from a day on (D6, D11)."""

from collections import Counter
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from bas_service import clock
from bas_service.database import transaction
from bas_service.meetings.jobs import unreached_before_meetings
from bas_service.meetings.repetition import moment_of
from bas_service.meetings.series_jobs import unreached_in_series
from tests.builders import at
from tests.callers import Holder, Phone, at_once, done, invalid, refusal_of
from tests.meetings.series_family import AWAY, WEEK, Family, at_three, in_two_days, starts, weekly
from tests.tables import statements_of

TO_SCHOOL = {"institution": "Skola", "purpose": "Saruna"}
# The same for eight meetings and for fifty-five: the account, the answered request, the child, the parties with the
# policy, the series, days taken, the meetings, their histories, their announcements, what is warned of.
STATEMENTS = 18

# --- laid out


def test_a_series_is_laid_out_eight_weeks_ahead_and_says_what_it_is(family: Family) -> None:
    first = in_two_days()

    series = family.repeat()

    assert starts(series) == [at_three(day) for day in weekly(first, 8)]
    assert {meeting["series_day"] for meeting in series["meetings"]} == {str(day) for day in weekly(first, 8)}
    assert series | {"meetings": None} == {
        "id": series["id"],
        "child_id": family.child["id"],
        "case_id": family.case["id"],
        "continues": None,
        "state": "running",
        "kind": "session",
        "rule": "FREQ=WEEKLY",
        "rule_in_words": f"every {first:%A}",
        "starts_at": at_three(first),
        "clock": "15:00",
        "except_dates": [],
        "last_day": None,
        "next_day": str(first + WEEK * 8),
        "expected_minutes": 60,
        "place": {"type": "address", "name": "Bibliotēka", "address": "Brīvības iela 1, Rīga"},
        "transport": "none",
        "accompaniment": None,
        "note": None,
        "not_planned": [],
        "reason": None,
        "state_reason": None,
        "ended_at": None,
        "created_at": series["created_at"],
        "version": 1,
        "meetings": None,
        "warnings": [],
    }
    line = {name: value for name, value in series.items() if name not in {"meetings", "warnings"}}
    page = done(family.specialist.get(f"children/{family.child['id']}/series"))
    assert (family.now(series), page) == (series, {"items": [line], "next": None})


def test_its_rule_is_told_in_the_language_asked_for(family: Family) -> None:
    in_a_month = clock.today() + timedelta(days=30)
    tuesday = in_a_month + timedelta(days=(1 - in_a_month.weekday()) % 7)
    series = family.repeat(starts_at=at_three(tuesday), rule="FREQ=WEEKLY;COUNT=3")

    said = [
        done(family.specialist.get(f"series/{series['id']}", Accept_Language=language))["rule_in_words"]
        for language in ("lv", "en", "ru")
    ]

    assert said == ["katru otrdienu, 3 reizes", "every Tuesday, 3 times", "каждый вторник, 3 раза"]


def test_a_clash_refuses_nothing_but_is_shown_beforehand_and_afterwards(family: Family) -> None:
    first = in_two_days()
    sister = family.house.a_family(family.supervisor, family.specialist)["child"]
    family.house.a_meeting(family.specialist, sister, starts_at=at_three(first + WEEK), expected_minutes=30)
    form = family.house.series_form(family.child, rule="FREQ=WEEKLY;COUNT=12", except_dates=[str(first + WEEK * 2)])
    clash = {"starts_at": at_three(first + WEEK), "why": "meeting-overlaps"}
    before = family.house.sql("SELECT count(*) FROM meetings")

    preview = done(family.specialist.post("series/preview", form))

    assert family.house.sql("SELECT count(*) FROM meetings") == before
    assert preview["summary"] == f"every {first:%A} at 15:00: 11 times, 1 cannot be planned"
    assert (preview["times"], preview["clashes"], preview["goes_on"]) == (11, 1, False)
    assert [one["day"] for one in preview["occasions"] if one["why"]] == [str(first + WEEK)]
    series = done(family.specialist.post("series", form))
    assert series["not_planned"] == [clash]
    assert starts(series) == [at_three(day) for number, day in enumerate(weekly(first, 8)) if number not in {1, 2}]


def test_an_accompaniment_is_planned_only_where_somebody_has_agreed(family: Family) -> None:
    first = in_two_days()
    family.house.a_consent(family.supervisor, family.mother, valid_until=str(first + WEEK))

    series = family.repeat(kind="accompaniment", accompaniment=TO_SCHOOL, rule="FREQ=WEEKLY;COUNT=3")

    assert starts(series) == [at_three(day) for day in weekly(first, 2)]
    assert series["not_planned"] == [{"starts_at": at_three(first + WEEK * 2), "why": "consent-missing"}]


def test_days_without_a_consent_are_laid_out_once_there_is_one(family: Family) -> None:
    first = in_two_days()
    family.house.a_consent(family.supervisor, family.mother, valid_until=str(first + WEEK))
    series = family.repeat(kind="accompaniment", accompaniment=TO_SCHOOL, rule="FREQ=WEEKLY;COUNT=4")
    nothing_new = family.work()

    family.house.a_consent(family.supervisor, family.mother, institution="Slimnīca")
    elsewhere = family.now(series)["not_planned"]
    family.house.a_consent(family.supervisor, family.mother, valid_until=str(first + WEEK * 2))
    family.work()

    now = family.now(series)
    assert (nothing_new, [one["why"] for one in elsewhere]) == (0, ["consent-missing"] * 2)
    assert starts(now) == [at_three(day) for day in weekly(first, 3)]
    assert now["not_planned"] == [{"starts_at": at_three(first + WEEK * 3), "why": "consent-missing"}]
    family.house.a_consent(family.supervisor, family.mother)
    family.work()
    assert starts(family.now(series)) == [at_three(day) for day in weekly(first, 4)]
    assert (family.now(series)["not_planned"], family.duties()) == ([], [])


def test_a_consent_by_a_link_lets_days_be_laid_out_as_well(family: Family) -> None:
    first = in_two_days()
    family.house.a_consent(family.supervisor, family.mother, valid_until=str(first))
    series = family.repeat(
        kind="accompaniment",
        accompaniment={"institution": "Izdomātā pamatskola", "purpose": "Saruna"},
        rule="FREQ=WEEKLY;COUNT=2",
    )

    family.house.a_consent_request(family.specialist, family.mother)
    holder = Holder(family.house.app, family.house.the_link(), family.mother)
    holder.enter()
    answered = holder.do("yes")
    family.work()

    assert answered.status_code == 200
    assert starts(family.now(series)) == [at_three(day) for day in weekly(first, 2)]


def test_an_accompaniment_to_which_nobody_agreed_on_any_day_is_refused(family: Family) -> None:
    form = family.house.series_form(family.child, kind="accompaniment", accompaniment=TO_SCHOOL)

    refused = family.specialist.post("series", form)
    nothing = family.house.sql("SELECT id FROM series")
    family.house.a_consent(family.supervisor, family.mother)
    planned = family.specialist.post("series", form)

    assert (refusal_of(refused), nothing) == ({"type": "consent-missing"}, [])
    assert len(done(planned)["meetings"]) == 8


def test_nothing_is_laid_out_from_the_eighteenth_birthday_on(family: Family) -> None:
    first = in_two_days()
    birthday = first + WEEK * 2
    family.house.sql("UPDATE children SET birth_date = :born", born=birthday.replace(year=birthday.year - 18))

    series = family.repeat()

    assert (starts(series), series["next_day"]) == ([at_three(day) for day in weekly(first, 2)], None)
    grown = family.house.series_form(family.child, starts_at=at_three(birthday))
    assert refusal_of(family.specialist.post("series", grown)) == invalid("/rule")


def test_what_is_no_rule_is_refused_and_says_what_would_be(family: Family) -> None:
    def refused(**more: Any) -> Any:
        return family.specialist.post("series", family.house.series_form(family.child, **more))

    hourly = refused(rule="FREQ=HOURLY").get_json()
    tuesday = "TU" if in_two_days().isoweekday() != 2 else "WE"

    assert hourly["errors"] == [{"pointer": "/rule", "detail": "FREQ must be one of: DAILY, WEEKLY, MONTHLY."}]
    assert refusal_of(refused(rule=f"FREQ=WEEKLY;BYDAY={tuesday}")) == invalid("/starts_at")
    assert refusal_of(refused(starts_at="2020-01-01T10:00:00Z")) == invalid("/starts_at")
    assert refusal_of(refused(except_dates=["2027-02-30"])) == invalid("/except_dates/0")
    assert family.house.sql("SELECT * FROM series") == []


def test_a_repeat_of_the_same_series_answers_as_the_first_time(family: Family) -> None:
    form = family.house.series_form(family.child, id="01940000-0000-7000-8000-000000000001")

    first, *others = at_once(*[lambda: family.specialist.post("series", form)] * 3)

    assert {answer.get_data() for answer in others} == {first.get_data()}
    assert len(family.house.sql("SELECT * FROM meetings")) == 8


def test_the_worker_lays_out_further_days_and_each_becomes_one_meeting(family: Family) -> None:
    first = in_two_days()
    series = family.repeat()
    family.let_days_pass(21)
    before = len(family.now(series)["meetings"])

    at_once(*[family.work] * 4)
    family.work()

    assert before == 5
    assert starts(family.now(series)) == [at_three(day) for day in weekly(first, 8)]
    assert family.house.sql("SELECT series_day FROM meetings GROUP BY series_day HAVING count(*) > 1") == []
    assert [text[0] for text in family.texts()] == ["planned"] * 3


def test_a_clash_found_by_the_worker_is_the_specialists_duty_once(family: Family) -> None:
    day = in_two_days() + WEEK * 7
    family.repeat()
    family.let_days_pass(7)
    sister = family.house.a_family(family.supervisor, family.specialist)["child"]
    family.house.a_meeting(family.specialist, sister, starts_at=at_three(day))

    assert (family.work(), family.work()) == (1, 0)

    said = f"The repeating meeting on {day:%d.%m.%Y} at 15:00 could not be planned: it overlaps another one."
    assert family.duties() == [("series-not-planned", f"{said} Find another time, or leave it out.")]


def test_a_day_that_was_cancelled_is_not_laid_out_again(family: Family) -> None:
    series = family.repeat()
    last = series["meetings"][-1]
    done(family.specialist.act(f"meetings/{last['id']}/cancel", last, {"reason": "child_ill"}))
    family.house.sql("UPDATE series SET next_day = :day", day=last["series_day"])

    family.work()

    assert len(family.now(series)["meetings"]) == 7
    assert Counter(row["state"] for row in family.house.sql("SELECT state FROM meetings")) == {
        "planned": 7,
        "cancelled": 1,
    }


def test_a_meeting_over_midnight_stands_for_the_day_on_which_it_begins(family: Family) -> None:
    first = in_two_days()
    starts_at = moment_of(first, time(23, 30))
    early = moment_of(first + timedelta(days=2), time(0, 15))
    sister = family.house.a_family(family.supervisor, family.specialist)["child"]
    family.house.a_meeting(family.specialist, sister, starts_at=at(early), expected_minutes=10)

    series = family.repeat(starts_at=at(starts_at), expected_minutes=90, rule="FREQ=DAILY;COUNT=3")

    assert [meeting["series_day"] for meeting in series["meetings"]] == [str(first), str(first + timedelta(days=2))]
    clash = moment_of(first + timedelta(days=1), time(23, 30)).isoformat().replace("+00:00", "Z")
    assert series["not_planned"] == [{"starts_at": clash, "why": "meeting-overlaps"}]


@pytest.mark.parametrize(("rule", "meetings"), [("FREQ=WEEKLY", 8), ("FREQ=DAILY", 55)])
def test_laying_out_many_meetings_costs_as_many_statements_as_a_few(family: Family, rule: str, meetings: int) -> None:
    form = family.house.series_form(family.child, rule=rule)
    done(family.specialist.get("me"))

    with statements_of(family.house.app) as found:
        series = done(family.specialist.post("series", form))

    assert len(series["meetings"]) == meetings
    assert len(found) == STATEMENTS


# --- told


def test_the_first_is_told_at_once_and_says_that_it_repeats_the_others_a_week_before(family: Family) -> None:
    first = in_two_days()

    series = family.repeat(rule="FREQ=WEEKLY;COUNT=4")

    due = family.house.sql("SELECT next_attempt_at FROM messages ORDER BY useful_until")
    assert due[0]["next_attempt_at"] <= clock.now()
    assert [row["next_attempt_at"] for row in due[1:]] == [
        moment_of(day - WEEK, time(15)) for day in weekly(first, 4)[1:]
    ]
    texts = [meeting["announcements"][0]["text"] for meeting in series["meetings"]]
    last = first + WEEK * 3
    assert ["Pec tam katru" in text for text in texts] == [True, False, False, False]
    assert f"lidz {last.day}.{last.month}." in texts[0]


def test_a_daily_meeting_does_not_bring_a_week_of_texts_at_once(family: Family) -> None:
    family.repeat(rule="FREQ=DAILY;COUNT=5")

    at_once_now = family.house.sql("SELECT id FROM messages WHERE next_attempt_at <= now()")
    per_day = Counter(
        clock.in_riga(row["next_attempt_at"]).date()
        for row in family.house.sql("SELECT next_attempt_at FROM messages")
    )

    assert len(at_once_now) == 1
    assert max(per_day.values()) == 1


def test_a_text_that_waits_for_its_day_is_nobodys_task_and_not_old(family: Family) -> None:
    family.repeat()
    family.let_what_is_due_go_out()

    with family.worker_app.app_context(), transaction():
        found = unreached_before_meetings() + unreached_in_series()

    assert (found, family.duties()) == (0, [])
    family.house.sql("UPDATE messages SET created_at = created_at - interval '30 days'")
    metrics = family.house.app.test_client().get("/metrics").get_data(as_text=True)
    (oldest,) = [line for line in metrics.splitlines() if "oldest" in line and 'state="queued"' in line]
    assert float(oldest.rpartition(" ")[2]) == 0


def test_whom_no_text_reaches_is_a_task_only_once_a_meeting_comes_near(family: Family) -> None:
    form = {"channels": ["email"], "email": "mamma@example.lv", "phone": None}
    mother = done(family.supervisor.change(f"representatives/{family.mother['id']}", family.mother, form))
    family.house.nobody_carries("email")
    family.repeat()

    assert [kind for kind, _ in family.duties()] == ["representative-unreached"]
    with family.worker_app.app_context(), transaction():
        assert unreached_in_series() == 0
    # A week later the second comes near.
    family.house.sql(
        "UPDATE meetings SET starts_at = starts_at - interval '6 days', ends_at = ends_at - interval '6 days'"
        " WHERE series_day > :first",
        first=in_two_days(),
    )
    with family.worker_app.app_context(), transaction():
        assert unreached_in_series() == 1
    assert mother["phone"] is None


def test_a_change_before_it_was_told_replaces_the_text_silently(family: Family) -> None:
    series = family.repeat()
    family.let_what_is_due_go_out()
    later = series["meetings"][3]

    done(family.specialist.change(f"meetings/{later['id']}", later, {"place": AWAY}))

    (text,) = [
        one
        for one in done(family.specialist.get(f"meetings/{later['id']}"))["announcements"]
        if one["state"] != "withdrawn"
    ]
    assert (text["state"], "Muzejs" in text["text"], "IZMAI" in text["text"]) == ("queued", True, False)
    assert family.house.sql("SELECT id FROM messages WHERE state = 'queued' AND next_attempt_at <= now()") == []


def test_a_father_who_comes_later_does_not_get_eight_texts_at_once(family: Family) -> None:
    family.repeat()
    family.let_what_is_due_go_out()

    family.house.a_representative(family.supervisor, family.child, name="Tētis Izdomāts")

    assert (
        family.house.sql("SELECT id FROM messages WHERE state = 'queued' AND next_attempt_at <= now()") != [] or True
    )
    due = family.house.sql("SELECT id FROM messages WHERE state = 'queued' AND next_attempt_at <= now()")
    # That it repeats, at once; the others when the mother is told.
    assert len(due) == 1
    assert len(family.texts()) == 16


# --- changed


def test_one_meeting_moved_is_its_own_and_the_rest_of_it_follows(family: Family) -> None:
    series = family.repeat()
    second = series["meetings"][1]
    moved = at(datetime.fromisoformat(second["starts_at"]) + timedelta(hours=2))
    done(family.specialist.change(f"meetings/{second['id']}", second, {"starts_at": moved}))

    changed = family.change(series, place=AWAY, starts_at=at_three(in_two_days()).replace("00:00Z", "30:00Z"))

    first, own, *others = changed["meetings"]
    assert own["starts_at"] == moved.replace("+00:00", "Z")
    assert {meeting["place"]["name"] for meeting in changed["meetings"]} == {"Muzejs"}
    assert {meeting["starts_at"][14:16] for meeting in (first, *others)} == {"30"}
    assert (changed["id"], changed["version"], changed["clock"]) == (series["id"], 2, "15:30")


def test_a_change_of_all_is_told_only_to_those_who_knew(family: Family) -> None:
    series = family.repeat()
    family.let_what_is_due_go_out()

    changed = family.change(series, place=AWAY)

    reasons = [(reason, state) for reason, state, _ in family.texts()]
    assert reasons[:2] == [("planned", "handed_over"), ("changed", "queued")]
    assert reasons[2:] == [("changed", "queued")] * 7
    due = family.house.sql("SELECT id FROM messages WHERE state = 'queued' AND next_attempt_at <= now()")
    assert len(due) == 1
    text = changed["meetings"][0]["announcements"][-1]["text"]
    assert text.startswith("IZMAI")
    # Whoever knew nothing yet is told of a meeting, not of a change.
    assert not changed["meetings"][1]["announcements"][-1]["text"].startswith("IZMAI")


def test_from_a_day_on_another_series_goes_on_and_the_first_ends_the_day_before(family: Family) -> None:
    first = in_two_days()
    series = family.repeat(rule="FREQ=WEEKLY;COUNT=6")
    family.let_what_is_due_go_out()
    since = first + WEEK * 2
    new_day = since + timedelta(days=1)

    following = family.change(series, since=str(since), starts_at=at_three(new_day), rule="FREQ=WEEKLY;COUNT=3")

    before = family.now(series)
    assert (following["continues"], following["version"], before["version"]) == (series["id"], 1, 2)
    assert (before["last_day"], starts(before)) == (
        str(since - timedelta(days=1)),
        [at_three(first), at_three(first + WEEK)],
    )
    assert starts(following) == [at_three(day) for day in weekly(new_day, 3)]
    # They are the same meetings, moved: nobody is told of one cancelled and another one planned.
    ids = [meeting["id"] for meeting in series["meetings"]]
    assert [meeting["id"] for meeting in following["meetings"]] == ids[2:5]
    states = family.house.sql("SELECT state FROM meetings WHERE id = CAST(:id AS uuid)", id=ids[5])
    assert states == [{"state": "cancelled"}]
    assert family.house.sql("SELECT id FROM messages WHERE state = 'queued' AND next_attempt_at <= now()") == []
    assert "Pec tam katru" in following["meetings"][0]["announcements"][-1]["text"]


def test_a_rule_that_counts_goes_on_counting_after_a_change(family: Family) -> None:
    first = in_two_days()
    series = family.repeat(rule="FREQ=WEEKLY;COUNT=5")

    following = family.change(series, since=str(first + WEEK * 2), expected_minutes=90)

    assert (following["rule"], starts(following)) == (
        "FREQ=WEEKLY;COUNT=3",
        [at_three(day) for day in weekly(first, 5)[2:]],
    )
    assert {meeting["expected_minutes"] for meeting in following["meetings"]} == {90}


def test_a_meeting_that_cannot_follow_stays_where_it_is_and_is_listed(family: Family) -> None:
    first = in_two_days()
    series = family.repeat(rule="FREQ=WEEKLY;COUNT=3")
    sister = family.house.a_family(family.supervisor, family.specialist)["child"]
    taken = moment_of(first + WEEK, time(17))
    family.house.a_meeting(family.specialist, sister, starts_at=at(taken))

    changed = family.change(series, starts_at=at(moment_of(first, time(17))))

    at_five = [moment_of(day, time(17)).isoformat().replace("+00:00", "Z") for day in weekly(first, 3)]
    assert starts(changed) == [at_five[0], at_three(first + WEEK), at_five[2]]
    assert changed["not_planned"] == [{"starts_at": at_five[1], "why": "meeting-overlaps"}]


def test_a_day_left_out_later_is_cancelled_and_told_to_whoever_knew(family: Family) -> None:
    first = in_two_days()
    series = family.repeat(rule="FREQ=WEEKLY;COUNT=3")
    family.let_what_is_due_go_out()

    changed = family.change(series, except_dates=[str(first), str(first + WEEK)])

    assert starts(changed) == [at_three(first + WEEK * 2)]
    assert [(reason, state) for reason, state, day in family.texts() if day == first] == [
        ("planned", "handed_over"),
        ("cancelled", "queued"),
    ]
    # Of the second nobody knew.
    assert [text for text in family.texts() if text[2] == first + WEEK] == []


def test_what_was_held_never_changes(family: Family) -> None:
    series = family.repeat(rule="FREQ=WEEKLY;COUNT=3")
    one = series["meetings"][0]
    start = {"unannounced_reason": "Steidzami"}
    started = done(family.specialist.act(f"meetings/{one['id']}/start", one, start))
    held = done(family.specialist.act(f"meetings/{one['id']}/finish", started, {"summary": "Labi"}))

    family.change(series, place=AWAY)
    family.cancel(series)

    assert done(family.specialist.get(f"meetings/{one['id']}")) == held | {"warnings": []}


def test_a_series_is_cancelled_as_a_whole_with_what_was_changed_in_it(family: Family) -> None:
    series = family.repeat()
    family.let_what_is_due_go_out()
    second = series["meetings"][1]
    done(family.specialist.change(f"meetings/{second['id']}", second, {"place": AWAY}))

    path = f"series/{series['id']}"
    seen = family.now(series)
    unknown = family.specialist.act(f"{path}/cancel", seen, {"reason": "Brauc prom"})
    silent = family.specialist.act(f"{path}/cancel", seen, {"reason": "other"})
    over = family.cancel(series, reason="other", note="Brauc prom")

    assert [refusal_of(unknown), refusal_of(silent)] == [invalid("/reason"), invalid("/note")]
    assert (over["state"], over["reason"], over["state_reason"], over["next_day"], over["meetings"]) == (
        "cancelled",
        "other",
        "Brauc prom",
        None,
        [],
    )
    cancelled = [done(family.specialist.get(f"meetings/{one['id']}")) for one in series["meetings"]]
    assert {(one["state"], one["reason"], one["state_reason"]) for one in cancelled} == {
        ("cancelled", "other", "Brauc prom")
    }
    assert [text[:2] for text in family.texts()] == [("planned", "handed_over"), ("cancelled", "queued")]
    family.work()
    assert len(family.house.sql("SELECT id FROM meetings")) == 8
    again = family.specialist.act(f"series/{series['id']}/cancel", over, {"reason": "child_ill"})
    assert refusal_of(again) == {"type": "series-over", "state": "cancelled"}
    late = family.specialist.change(f"series/{series['id']}", over, {"place": AWAY})
    assert refusal_of(late) == {"type": "series-over", "state": "cancelled"}


def test_a_series_is_cancelled_from_a_day_on(family: Family) -> None:
    first = in_two_days()
    series = family.repeat()

    cut = family.cancel(series, **{"from": str(first + WEEK * 3)})

    assert (cut["state"], cut["last_day"], cut["next_day"]) == (
        "running",
        str(first + WEEK * 3 - timedelta(days=1)),
        None,
    )
    assert starts(cut) == [at_three(day) for day in weekly(first, 3)]


def test_a_change_on_an_old_version_is_refused_and_one_without_any_too(family: Family) -> None:
    series = family.repeat()
    family.change(series, note="Cits")

    stale = family.specialist.change(f"series/{series['id']}", series, {"note": "Vēl cits"})
    blind = family.specialist.send("PATCH", f"series/{series['id']}", {"note": "Vēl cits"})

    assert (stale.status_code, blind.status_code) == (412, 428)
    assert stale.get_json()["current"]["note"] == "Cits"


def test_two_changes_at_the_same_moment_are_one(family: Family) -> None:
    series = family.repeat()

    answers = at_once(
        *[
            lambda minutes=minutes: family.specialist.change(
                f"series/{series['id']}", series, {"expected_minutes": minutes}
            )
            for minutes in (30, 45)
        ]
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    minutes = {meeting["expected_minutes"] for meeting in family.now(series)["meetings"]}
    assert minutes in ({30}, {45})


def test_each_step_is_in_the_history_of_each_meeting_once(family: Family) -> None:
    own = str(family.specialist.account_id)
    series = family.repeat()
    family.change(series, place=AWAY, note="Cits")
    family.change(series, except_dates=[series["meetings"][-1]["series_day"]])
    family.cancel(series)

    first, last = series["meetings"][0], series["meetings"][-1]
    assert family.history(first) == [(1, "planned", own), (2, "changed", own), (3, "cancelled", own)]
    assert family.history(last) == [(1, "planned", own), (2, "changed", own), (3, "cancelled", own)]
    reasons = [done(family.specialist.get(f"meetings/{one['id']}"))["reason"] for one in (first, last)]
    assert reasons == ["child_ill", "series_changed"]


def test_what_the_worker_lays_out_is_planned_in_nobodys_name(family: Family) -> None:
    series = family.repeat()
    family.let_days_pass(7)
    family.work()

    last = family.now(series)["meetings"][-1]

    assert family.history(last) == [(1, "planned", None)]


def test_what_the_worker_lays_out_is_told_with_a_reminder_where_the_policy_wants_one(family: Family) -> None:
    family.repeat()
    family.let_days_pass(7)
    family.house.a_telling_policy(
        family.house.an_administrator(), valid_from=clock.today().isoformat(), reminder_minutes=120
    )

    family.work()

    assert [(reason, state) for reason, state, _ in family.texts()] == [("planned", "queued"), ("reminder", "queued")]


def test_a_meeting_called_off_does_not_come_back_when_its_series_is_changed_from_a_day_on(family: Family) -> None:
    series = family.repeat()
    off = series["meetings"][4]
    done(family.specialist.act(f"meetings/{off['id']}/cancel", off, {"reason": "child_ill"}))

    following = family.change(series, since=series["meetings"][2]["series_day"], rule="FREQ=WEEKLY")

    days = [meeting["series_day"] for number, meeting in enumerate(series["meetings"]) if number in {2, 3, 5, 6, 7}]
    assert [meeting["series_day"] for meeting in following["meetings"]] == days
    kept = done(family.specialist.get(f"meetings/{off['id']}"))
    assert (kept["state"], kept["reason"], kept["series_id"]) == ("cancelled", "child_ill", following["id"])


# --- what happens around it


def test_a_closing_case_ends_its_series_and_a_transferred_one_takes_it_along(family: Family) -> None:
    series = family.repeat(rule="FREQ=WEEKLY")
    other = family.house.a_specialist(family.supervisor)
    to = {"to_specialist_id": str(other.account_id), "reason": "Slims"}
    case = done(family.supervisor.act(f"cases/{family.case['id']}/transfer", family.case, to))
    family.let_days_pass(7)
    family.work()

    moved = done(other.get(f"series/{series['id']}"))
    assert {meeting["specialist_id"] for meeting in moved["meetings"]} == {str(other.account_id)}
    assert len(moved["meetings"]) == 8

    closing = {"reason": "moved_abroad", "cancel_meetings": True}
    done(family.supervisor.act(f"cases/{case['id']}/close", case, closing))
    assert family.house.sql("SELECT state, reason, next_day FROM series") == [
        {"state": "ended", "reason": "case_closed", "next_day": None}
    ]
    assert family.house.sql("SELECT DISTINCT state, reason FROM meetings") == [
        {"state": "cancelled", "reason": "case_closed"}
    ]


def test_a_representative_suspended_gets_nothing_of_what_waits_and_it_all_again_when_resumed(family: Family) -> None:
    family.repeat()
    why = {"reason": "Lēmums", "basis": "Bāriņtiesa"}
    path = f"representatives/{family.mother['id']}"

    suspended = done(family.supervisor.act(f"{path}/suspend", family.mother, why))
    waiting = family.texts()
    done(family.supervisor.act(f"{path}/resume", suspended, why))

    assert waiting == []
    assert len(family.texts()) == 8


def test_a_child_that_is_erased_leaves_no_words_in_its_series(family: Family) -> None:
    family.repeat(note="Runāsim par skolu")
    closing = {"reason": "moved_abroad", "cancel_meetings": True}
    done(family.supervisor.act(f"cases/{family.case['id']}/close", family.case, closing))

    family.house.sql("SELECT erase_child(:child)", child=family.child["id"])

    assert family.house.sql("SELECT place_name, place_address, note, state_reason, rule FROM series") == [
        {"place_name": None, "place_address": None, "note": None, "state_reason": None, "rule": "FREQ=WEEKLY"}
    ]


def test_nobody_else_sees_or_changes_a_series(family: Family) -> None:
    series = family.repeat()
    stranger: Phone = family.house.a_specialist(family.house.a_supervisor())
    path = f"series/{series['id']}"

    answers = [
        stranger.get(path),
        stranger.change(path, series, {"note": "Cits"}),
        stranger.act(f"{path}/cancel", series, {"reason": "x"}),
        stranger.get(f"children/{family.child['id']}/series"),
        stranger.post("series", family.house.series_form(family.child)),
        stranger.post("series/preview", family.house.series_form(family.child)),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    assert family.now(series) == series
