"""Whatever is done with repeating meetings, one after the other: nothing overlaps, and families know what is true."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bas_service import clock
from bas_service.database import transaction
from bas_service.meetings.repetition import moment_of
from bas_service.meetings.series_jobs import lay_out_series, series_to_lay_out
from tests.builders import House, at
from tests.callers import Phone, done, refusal_of
from tests.meetings.series_family import in_two_days
from tests.meetings.test_any_sequence import OVERLAPS, STATES

# What may be refused, by what is there already.
REFUSALS = {"meeting-overlaps", "series-over", "meeting-state-unfit", "invalid-request"}
TEXTS = """
    SELECT a.meeting_id, a.representative_id, a.reason, a.repeating, a.telling,
        a.telling = m.telling AS is_latest, a.facts,
        msg.id AS message_id, msg.state, msg.body, msg.next_attempt_at <= now() AS is_due
    FROM announcements a JOIN messages msg ON msg.id = a.message_id JOIN meetings m ON m.id = a.meeting_id
    WHERE msg.state IN ('queued', 'handed_over') AND a.reason <> 'reminder' ORDER BY a.created_at, a.id
"""
# Every text that a parent read, or is to read, about a meeting of a series.
SAID = """
    SELECT a.representative_id::text AS parent, m.series_id::text AS series, msg.id::text AS message,
        msg.state, msg.body
    FROM announcements a JOIN messages msg ON msg.id = a.message_id JOIN meetings m ON m.id = a.meeting_id
    WHERE msg.state IN ('queued', 'handed_over') AND a.reason <> 'reminder' ORDER BY a.created_at, a.id
"""
NO_MORE = "Pec tam tiksanas vairs neatkartojas."
MEETINGS = """
    SELECT m.id, m.state, m.starts_at, m.place_name, m.expected_minutes, m.series_id, m.own_parts, a.name
    FROM meetings m JOIN accounts a ON a.id = m.specialist_id
"""


@dataclass
class Story:
    """A child with two parents, two specialists of one team, and a worker."""

    house: House
    worker_app: Flask

    def __post_init__(self) -> None:
        self.house.empty()
        self.supervisor = self.house.a_supervisor()
        self.specialists = [self.house.a_specialist(self.supervisor) for _ in range(2)]
        family = self.house.a_family(self.supervisor, self.specialists[0])
        self.child, self.case = family["child"], family["case"]
        self.house.a_representative(self.supervisor, self.child, name="Tētis Izdomāts")
        administrator = self.house.an_administrator()
        self.house.a_meeting_policy(administrator, repeat_ahead_days=10, tell_ahead_days=7)
        self.holder = 0

    @property
    def phone(self) -> Phone:
        return self.specialists[self.holder]

    # What people and the worker do.

    def create(self, rule: str, hour: int, place: int) -> None:
        form = self.house.series_form(
            self.child, rule=rule, starts_at=self.starts_at(0, hour), place=self.place(place)
        )
        self.judge(self.phone.post("series", form))

    def change_one(self, which: int, form: dict[str, Any]) -> None:
        for meeting in self.some(which):
            self.send("PATCH", f"meetings/{meeting['id']}", self.spelled(form, of=meeting))

    def cancel_one(self, which: int) -> None:
        for meeting in self.some(which):
            self.send("POST", f"meetings/{meeting['id']}/cancel", {"reason": "child_ill"})

    def start_and_finish(self, which: int) -> None:
        for meeting in self.some(which):
            if self.send("POST", f"meetings/{meeting['id']}/start", {"unannounced_reason": "Called"}):
                self.send("POST", f"meetings/{meeting['id']}/finish", {"summary": "Fine"})

    def change_series(self, which: int, following: bool, form: dict[str, Any]) -> None:
        for meeting in self.some(which):
            since = {"from": meeting["series_day"]} if following else {}
            of = meeting if following else self.first_of(meeting)
            self.send("PATCH", f"series/{meeting['series_id']}", since | self.spelled(form, of=of))

    def cancel_series(self, which: int, following: bool) -> None:
        for meeting in self.some(which):
            since = {"from": meeting["series_day"]} if following else {}
            waiting, told = self.who_waits_for_more(meeting["series_id"]), self.stops_told()
            if self.send("POST", f"series/{meeting['series_id']}/cancel", since | {"reason": "child_ill"}):
                self.check_stop(
                    meeting["series_id"], since.get("from"), waiting=waiting, told=self.stops_told() - told
                )

    def shorten_series(self, which: int) -> None:
        for meeting in self.some(which):
            series = done(self.phone.get(f"series/{meeting['series_id']}"))
            frequency = series["rule"].partition(";")[0]
            last = meeting["series_day"].replace("-", "")
            self.send("PATCH", f"series/{meeting['series_id']}", {"rule": f"{frequency};UNTIL={last}"})

    def transfer(self) -> None:
        self.holder = 1 - self.holder
        to = {"to_specialist_id": str(self.phone.account_id), "reason": "Moves"}
        answer = self.supervisor.send("POST", f"cases/{self.case['id']}/transfer", to, If_Match="*")
        assert answer.status_code == 200

    def lay_out_further(self) -> None:
        """Days have passed, as far as it is about what is near."""
        self.house.sql(
            "UPDATE meeting_policies SET repeat_ahead_days = repeat_ahead_days + 5 WHERE created_by IS NOT NULL"
        )
        with self.worker_app.app_context():
            with transaction():
                found = series_to_lay_out()
            for series_id in found:
                with transaction():
                    lay_out_series(series_id)

    def hand_over(self, more: int) -> None:
        """What is due goes out, and what is due within so many days: the family knows of some meetings more."""
        self.house.sql(
            "UPDATE messages SET state = 'handed_over', handed_over_at = now() WHERE state = 'queued'"
            " AND next_attempt_at <= now() + :more",
            more=timedelta(days=more),
        )

    def some(self, which: int) -> list[dict[str, Any]]:
        path = f"meetings?child_id={self.child['id']}&state=planned&limit=200"
        planned = done(self.phone.get(path))["items"]
        return planned[which % len(planned) :][:1] if planned else []

    def first_of(self, meeting: dict[str, Any]) -> dict[str, Any]:
        return done(self.phone.get(f"series/{meeting['series_id']}"))["meetings"][0]

    def send(self, method: str, path: str, form: dict[str, Any]) -> bool:
        return self.judge(self.phone.send(method, path, form, If_Match="*"))

    def judge(self, answer: Any) -> bool:
        assert answer.status_code < 300 or refusal_of(answer)["type"] in REFUSALS, answer.get_json()
        return bool(answer.status_code < 300)

    def spelled(self, form: dict[str, Any], *, of: dict[str, Any]) -> dict[str, Any]:
        """A change as it is sent: ``hour`` on the day of a meeting."""
        whole = {"place": self.place(form["place"])} if "place" in form else {}
        whole |= {"expected_minutes": form["minutes"]} if "minutes" in form else {}
        if "hour" in form:
            day = clock.in_riga(datetime.fromisoformat(of["starts_at"])).date()
            whole["starts_at"] = self.starts_at((day - in_two_days()).days, form["hour"])
        return whole

    def starts_at(self, days: int, hour: int) -> str:
        return at(moment_of(in_two_days() + timedelta(days=days), time(hour)))

    def place(self, number: int) -> dict[str, Any]:
        return {"type": "address", "name": f"Vieta {number}"}

    # What is seen.

    def tree_of(self, series_id: str) -> set[str]:
        """A series with all that it continues, and that continue it."""
        tree = {series_id}
        links = self.house.sql("SELECT id::text, continues::text FROM series WHERE continues IS NOT NULL")
        for _ in links:
            tree |= {end for row in links for end in row.values() if tree & set(row.values())}
        return tree

    def who_waits_for_more(self, series_id: str) -> set[str]:
        """Those who read of meetings like this one that they go on, and nothing else since."""
        last: dict[str, str] = {}
        for row in self.house.sql(SAID):
            if row["series"] in self.tree_of(series_id):
                body = self.house.opened(row["body"], "messages.body") or ""
                if "Pec tam" in body and row["state"] == "handed_over" or NO_MORE in body:
                    last[row["parent"]] = body
        return {parent for parent, body in last.items() if NO_MORE not in body}

    def stops_told(self) -> Counter[str]:
        """How many texts each parent got, or is to get, that meetings no longer repeat."""
        found = {
            (row["parent"], row["message"])
            for row in self.house.sql(SAID)
            if NO_MORE in (self.house.opened(row["body"], "messages.body") or "")
        }
        return Counter(parent for parent, _ in found)

    def check_stop(self, series_id: str, since: str | None, *, waiting: set[str], told: Counter[str]) -> None:
        tree = self.tree_of(series_id)
        assert set(told.values()) <= {1}
        goes_on = self.house.sql(
            "SELECT 1 FROM series WHERE id::text = ANY(:tree) AND id::text <> :series AND state = 'running'"
            " AND (last_day IS NULL OR last_day >= CAST(:since AS date))",
            tree=list(tree),
            series=series_id,
            since=since or str(in_two_days()),
        )
        endless = self.house.sql("SELECT 1 FROM series WHERE id::text = :id AND rule !~ 'COUNT|UNTIL'", id=series_id)
        if not goes_on and endless:
            # Whoever was told before that it stops may be told that it does so earlier.
            assert waiting <= set(told)

    def most_texts(self) -> int:
        """So many texts a parent may get by one step: one for each way in which what they knew differs."""
        meetings = {row["id"]: row for row in self.meetings() if row["state"] == "planned"}
        last: dict[tuple[Any, Any], dict[str, Any]] = {}
        for row in self.house.sql(TEXTS):
            if row["state"] == "handed_over" and row["meeting_id"] in meetings:
                last[row["representative_id"], row["meeting_id"]] = row
        ways: defaultdict[Any, set[Any]] = defaultdict(set)
        for (parent, meeting_id), row in last.items():
            meeting = meetings[meeting_id]
            facts = json.loads(self.house.opened(row["facts"], "announcements.facts") or "{}")
            own = meeting["id"] if meeting["own_parts"] else None
            is_elsewhen = facts.pop("starts_at") != meeting["starts_at"].isoformat()
            ways[parent].add((meeting["series_id"], own, is_elsewhen, tuple(sorted(facts.items()))))
        # What goes on, what leaves, and what is new and told at once.
        return 1 + 2 * max((len(found) for found in ways.values()), default=1)

    def meetings(self) -> list[dict[str, Any]]:
        found = self.house.sql(MEETINGS)
        return [row | {"place_name": self.house.opened(row["place_name"], "meetings.place_name")} for row in found]

    def check(self, *, texts_before: set[Any], most: int) -> None:
        assert self.house.sql(OVERLAPS) == []
        kept = self.house.sql(f"{STATES} FROM meetings m")
        assert [row for row in kept if row["version"] != row["steps"]] == []
        assert self.house.sql("SELECT 1 FROM meetings GROUP BY series_id, series_day HAVING count(*) > 1") == []
        texts = self.house.sql(TEXTS)
        open_ones = Counter(
            (row["meeting_id"], row["representative_id"]) for row in texts if row["state"] == "queued"
        )
        assert set(open_ones.values()) <= {1}
        of_meeting = defaultdict(list)
        for row in texts:
            of_meeting[row["meeting_id"]].append(row)
        for meeting in self.meetings():
            self.check_truth(meeting, of_meeting[meeting["id"]])
        new = {
            (row["representative_id"], row["message_id"])
            for row in texts
            if row["is_due"] and row["message_id"] not in texts_before
        }
        assert max(Counter(parent for parent, _ in new).values(), default=0) <= most

    def check_truth(self, meeting: dict[str, Any], texts: list[dict[str, Any]]) -> None:
        queued = [row for row in texts if row["state"] == "queued"]
        if meeting["state"] == "planned":
            assert all(row["is_latest"] for row in queued)
            latest = [row for row in texts if row["is_latest"]]
            assert len({row["representative_id"] for row in latest}) == 2
            for row in latest:
                self.check_words(meeting, self.house.opened(row["body"], "messages.body") or "")
        if meeting["state"] == "cancelled":
            knew = {row["representative_id"] for row in texts if row["reason"] != "cancelled" and row not in queued}
            assert {row["reason"] for row in queued} <= {"cancelled"}
            told = {row["representative_id"] for row in texts if row["reason"] == "cancelled"}
            to_stop = {row["representative_id"] for row in texts if row["repeating"] == "stops"}
            assert told == knew | to_stop

    def check_words(self, meeting: dict[str, Any], body: str) -> None:
        local = clock.in_riga(meeting["starts_at"])
        said = body.partition("(Ieprieks")[0]
        assert f"{local.day}.{local.month}." in said
        assert f"plkst. {local:%H.%M}" in said
        assert f"Vieta: {meeting['place_name']}." in said
        assert f" {meeting['name'].rpartition(' ')[2]}, talr." in body


WHICH, HOUR, PLACE = st.integers(0, 20), st.sampled_from([9, 10, 15]), st.integers(1, 3)
RULE = st.sampled_from(["FREQ=DAILY;COUNT=9", "FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=2", "FREQ=WEEKLY;COUNT=2"])
FORM = st.one_of(
    st.fixed_dictionaries({"place": PLACE}),
    st.fixed_dictionaries({"hour": HOUR}),
    st.fixed_dictionaries({"hour": HOUR, "place": PLACE}),
    st.fixed_dictionaries({"minutes": st.sampled_from([30, 60, 90])}),
)
STEPS = st.one_of(
    st.tuples(st.just(Story.create), RULE, HOUR, PLACE),
    st.tuples(st.just(Story.change_one), WHICH, FORM),
    st.tuples(st.just(Story.change_series), WHICH, st.booleans(), FORM),
    st.tuples(st.just(Story.change_series), WHICH, st.booleans(), FORM),
    st.tuples(st.just(Story.cancel_one), WHICH),
    st.tuples(st.just(Story.cancel_series), WHICH, st.booleans()),
    st.tuples(st.just(Story.cancel_series), WHICH, st.booleans()),
    st.tuples(st.just(Story.shorten_series), WHICH),
    st.tuples(st.just(Story.start_and_finish), WHICH),
    st.tuples(st.sampled_from([Story.transfer, Story.lay_out_further])),
    st.tuples(st.just(Story.hand_over), st.integers(0, 5)),
    st.tuples(st.just(Story.hand_over), st.integers(0, 5)),
)


def play(story: Story, steps: list[tuple[Any, ...]]) -> None:
    for act, *values in steps:
        before = {row["message_id"] for row in story.house.sql(TEXTS)}
        most = story.most_texts()
        act(story, *values)
        story.check(texts_before=before, most=most)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=5, max_size=12))
def test_after_any_sequence_nothing_overlaps_and_texts_are_true_and_few(
    house: House, worker_app: Flask, steps: list[tuple[Any, ...]]
) -> None:
    play(Story(house, worker_app), [(Story.create, "FREQ=DAILY;COUNT=9", 15, 1), (Story.hand_over, 4), *steps])


def test_a_story_that_goes_through_everything(house: House, worker_app: Flask) -> None:
    """What chance must not leave out."""
    story = Story(house, worker_app)

    play(
        story,
        [
            (Story.create, "FREQ=DAILY;COUNT=9", 15, 1),
            (Story.create, "FREQ=WEEKLY", 15, 2),
            (Story.create, "FREQ=WEEKLY", 10, 2),
            (Story.hand_over, 4),
            (Story.transfer,),
            (Story.change_one, 1, {"place": 3}),
            (Story.transfer,),
            (Story.hand_over, 0),
            (Story.change_series, 2, False, {"hour": 9, "place": 2}),
            (Story.cancel_one, 3),
            (Story.change_series, 2, True, {"minutes": 30}),
            (Story.hand_over, 3),
            (Story.change_series, 2, True, {"hour": 10}),
            (Story.lay_out_further,),
            (Story.start_and_finish, 0),
            (Story.cancel_series, 3, True),
            (Story.hand_over, 5),
            (Story.transfer,),
            (Story.lay_out_further,),
            (Story.cancel_series, 0, False),
        ],
    )

    assert {row["state"] for row in story.meetings()} == {"planned", "held", "cancelled"}
