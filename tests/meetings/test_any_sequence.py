"""Whatever is done with meetings, one after the other: states, consents, texts and histories stay true (D6, D7)."""

import math
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bas_service import clock
from tests.builders import House, at, soon
from tests.callers import Phone, done, refusal_of

WHY = {"reason": "Decision", "basis": "Court"}
TO_SCHOOL = {"institution": "Skola", "purpose": "Saruna"}
# Whose children they are: two of the first specialist's, one of the second's.
SPECIALIST_OF = (0, 0, 1)
OVERLAPS = """
    SELECT a.id FROM meetings a JOIN meetings b ON a.id < b.id
        AND (a.child_id = b.child_id OR a.specialist_id = b.specialist_id)
        AND tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)
    WHERE a.state IN ('planned', 'under_way') AND b.state IN ('planned', 'under_way')
"""
MORE_THAN_ONE = """
    SELECT specialist_id FROM meetings WHERE state = 'under_way' GROUP BY specialist_id HAVING count(*) > 1
    UNION ALL SELECT child_id FROM meetings WHERE state = 'under_way' GROUP BY child_id HAVING count(*) > 1
"""
TEXTS = """
    SELECT a.meeting_id, a.telling = m.telling AS is_latest, msg.state, msg.body
    FROM announcements a JOIN messages msg ON msg.id = a.id JOIN meetings m ON m.id = a.meeting_id
    WHERE msg.state IN ('queued', 'handed_over')
"""
STATES = "SELECT id, state, version, (SELECT count(*) FROM meeting_events e WHERE e.meeting_id = m.id) AS steps"
SLOT = timedelta(minutes=60)


@dataclass
class Known:
    """A meeting as this test keeps it in mind."""

    id: str
    child: int
    kind: str
    starts_at: datetime
    minutes: int
    place: int
    state: str = "planned"
    version: int = 1
    # Its time was made to come: the texts tell of another one.
    came: bool = False

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def is_open(self) -> bool:
        return self.state in {"planned", "under_way"}


@dataclass
class Agreed:
    """A consent, good until a day or for ever; how many meetings had been planned when it was withdrawn."""

    until: date | None
    withdrawn: int | None = None


@dataclass
class Story:
    """Two specialists with three children, whose parents agree, withdraw, are suspended and come back."""

    house: House
    meetings: list[Known] = field(default_factory=list)
    agreed: dict[int, list[Agreed]] = field(default_factory=dict)
    active: dict[int, bool] = field(default_factory=dict)
    # When a child's parent was suspended last, counted in meetings planned: whose planning it came after.
    suspended: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.house.empty()
        self.first = soon()
        self.supervisor = self.house.a_supervisor()
        self.specialists = [self.house.a_specialist(self.supervisor) for _ in range(2)]
        families = [self.house.a_family(self.supervisor, self.specialists[one]) for one in SPECIALIST_OF]
        self.children = [family["child"] for family in families]
        self.parents = [family["representative"] for family in families]
        self.agreed, self.active = {child: [] for child in range(3)}, dict.fromkeys(range(3), True)

    # What is right, computed without the service.

    def phone(self, child: int) -> Phone:
        return self.specialists[SPECIALIST_OF[child]]

    def may_accompany(self, child: int, on: datetime) -> bool:
        return self.active[child] and any(
            one.withdrawn is None and self.is_good(one, on) for one in self.agreed[child]
        )

    def is_good(self, consent: Agreed, on: datetime) -> bool:
        return consent.until is None or clock.in_riga(on).date() <= consent.until

    def may_have_begun(self, meeting: Known) -> bool:
        """Offline, in the moment in which it was planned: what was withdrawn later was in force then."""
        if meeting.kind == "session":
            return True
        number = self.meetings.index(meeting)
        return (self.active[meeting.child] or self.suspended[meeting.child] > number) and any(
            (one.withdrawn is None or one.withdrawn > number) and self.is_good(one, clock.now())
            for one in self.agreed[meeting.child]
        )

    def is_free(self, meeting: Known) -> bool:
        return not any(
            other.is_open
            and other.id != meeting.id
            and SPECIALIST_OF[other.child] == SPECIALIST_OF[meeting.child]
            and other.starts_at < meeting.ends_at
            and meeting.starts_at < other.ends_at
            for other in self.meetings
        )

    def refused(self, meeting: Known, *, states: tuple[str, ...] = (), consent: bool = True) -> str | None:
        """What a step on the way to this meeting is refused with."""
        if states and meeting.state not in states:
            return "meeting-state-unfit"
        if consent and not self.has_consent(meeting, meeting.starts_at):
            return "consent-missing"
        return None if self.is_free(meeting) else "meeting-overlaps"

    def has_consent(self, meeting: Known, on: datetime) -> bool:
        return meeting.kind == "session" or self.may_accompany(meeting.child, on)

    def start_refused(self, meeting: Known, *, on_phone: bool) -> str | None:
        """It begins today, whatever day it was planned for."""
        if meeting.state != "planned":
            return "meeting-state-unfit"
        if not (self.may_have_begun(meeting) if on_phone else self.has_consent(meeting, clock.now())):
            return "consent-missing"
        if not meeting.came:
            return "meeting-too-early"
        of_specialist = [one for one in self.meetings if SPECIALIST_OF[one.child] == SPECIALIST_OF[meeting.child]]
        return "meeting-under-way" if any(one.state == "under_way" for one in of_specialist) else None

    # What people do; each compares the answer with what is right.

    def plan(self, child: int, kind: str, slot: int, minutes: int, place: int) -> None:
        meeting = Known("", child, kind, self.first + slot * SLOT, minutes, place)
        form = {
            "child_id": self.children[child]["id"],
            "kind": kind,
            "starts_at": at(meeting.starts_at),
            "expected_minutes": minutes,
            "place": {"type": "address", "name": f"Vieta {place}"},
        }
        answer = self.phone(child).post(
            "meetings", form | ({"accompaniment": TO_SCHOOL} if kind == "accompaniment" else {})
        )
        if self.judge(answer, self.refused(meeting)):
            meeting.id = answer.get_json()["id"]
            self.meetings.append(meeting)

    def change(self, which: int, slot: int, minutes: int, place: int) -> None:
        for meeting in self.some(which):
            starts_at = meeting.starts_at if meeting.came else self.first + slot * SLOT
            moved = starts_at != meeting.starts_at
            as_wished = Known(meeting.id, meeting.child, meeting.kind, starts_at, minutes, place, meeting.state)
            form = {"expected_minutes": minutes, "place": {"type": "address", "name": f"Vieta {place}"}}
            if not meeting.came:
                form["starts_at"] = at(starts_at)
            refused = self.refused(as_wished, states=("planned",), consent=moved)
            answer = self.phone(meeting.child).send("PATCH", f"meetings/{meeting.id}", form, If_Match="*")
            if self.judge(answer, refused):
                changes = moved or (minutes, place) != (meeting.minutes, meeting.place)
                meeting.starts_at, meeting.minutes, meeting.place = starts_at, minutes, place
                meeting.version += changes

    def start(self, which: int, on_phone: bool) -> None:
        for meeting in self.some(which):
            # Earlier than it was planned no phone begins it.
            form = {"unannounced_reason": "Called"} | ({"on_phone_at": at(soon(hours=-2))} if on_phone else {})
            if self.act(meeting, "start", form, self.start_refused(meeting, on_phone=on_phone)):
                meeting.state = "under_way"

    def extend(self, which: int) -> None:
        for meeting in self.some(which):
            # One whose end is past ends so long after now.
            so_far = max(meeting.ends_at, clock.now()) - meeting.starts_at
            longer = Known(**vars(meeting) | {"minutes": math.ceil(so_far / timedelta(minutes=1)) + 45})
            refused = self.refused(longer, states=("under_way",), consent=False)
            if refused != "meeting-state-unfit" and longer.minutes > 24 * 60:
                refused = "invalid-request"
            if self.act(meeting, "extend", {"minutes": 45}, refused):
                meeting.minutes = longer.minutes

    def finish(self, which: int) -> None:
        for meeting in self.some(which):
            refused = None if meeting.state == "under_way" else "meeting-state-unfit"
            if self.act(meeting, "finish", {"summary": "Fine"}, refused):
                meeting.state = "held"

    def cancel(self, which: int) -> None:
        for meeting in self.some(which):
            refused = None if meeting.state == "planned" else "meeting-state-unfit"
            if self.act(meeting, "cancel", {"reason": "child_ill"}, refused):
                meeting.state = "cancelled"

    def miss(self, which: int) -> None:
        for meeting in self.some(which):
            refused = None if meeting.came else "meeting-not-due"
            refused = refused if meeting.state == "planned" else "meeting-state-unfit"
            if self.act(meeting, "miss", {"reason": "child_did_not_come"}, refused):
                meeting.state = "missed"

    def correct(self, which: int, present: bool) -> None:
        for meeting in self.some(which):
            refused = None if meeting.state == "held" else "meeting-state-unfit"
            # What is corrected to the same is no step.
            form = {"summary": f"Fine, version {meeting.version}", "representative_present": present}
            self.act(meeting, "correct", form, refused)

    def add(self, which: int) -> None:
        for meeting in self.some(which):
            refused = "meeting-state-unfit" if meeting.is_open else None
            self.act(meeting, "additions", {"text": "One thing more"}, refused)

    def let_its_time_come(self, which: int, days: bool) -> None:
        """A request cannot plan in the past: the planned time is moved there, each to a place of its own.

        Hours ago, or ``days``: then it begins on another day than it was planned for.
        """
        for meeting in self.some(which):
            number = self.meetings.index(meeting) + 1
            starts_at = soon(hours=-24 * number - 48) if days else soon(hours=-2 * number)
            if meeting.state == "planned" and self.is_free(Known(**vars(meeting) | {"starts_at": starts_at})):
                meeting.came, meeting.starts_at = True, starts_at
                self.house.sql(
                    "UPDATE meetings SET starts_at = :at, ends_at = :at + expected_minutes * interval '1 minute'"
                    " WHERE id = :id",
                    at=meeting.starts_at,
                    id=meeting.id,
                )

    def agree(self, child: int, days: int | None = None) -> None:
        """For ever, or for so many days after today."""
        until = None if days is None else clock.today() + timedelta(days=days)
        self.house.a_consent(
            self.supervisor,
            self.parents[child],
            given_at=at(soon(hours=-24 * 60)),
            valid_until=until and until.isoformat(),
        )
        self.agreed[child].append(Agreed(until))

    def withdraw(self, child: int) -> None:
        for consent in done(self.supervisor.get(f"children/{self.children[child]['id']}/consents"))["items"]:
            if consent["withdrawn_at"] is None:
                done(self.supervisor.send("POST", f"consents/{consent['id']}/withdraw", {}, If_Match="*"))
        for one in self.agreed[child]:
            one.withdrawn = len(self.meetings) if one.withdrawn is None else one.withdrawn

    def suspend_or_resume(self, child: int) -> None:
        action = "suspend" if self.active[child] else "resume"
        path = f"representatives/{self.parents[child]['id']}/{action}"
        done(self.supervisor.send("POST", path, WHY, If_Match="*"))
        self.active[child] = not self.active[child]
        self.suspended[child] = len(self.meetings)

    def hand_over(self) -> None:
        self.house.hand_over_messages()

    def some(self, which: int) -> list[Known]:
        return self.meetings[which % len(self.meetings) :][:1] if self.meetings else []

    def act(self, meeting: Known, action: str, form: dict[str, Any], refused: str | None) -> bool:
        answer = self.phone(meeting.child).send("POST", f"meetings/{meeting.id}/{action}", form, If_Match="*")
        was_done = self.judge(answer, refused)
        meeting.version += was_done
        return was_done

    def judge(self, answer: Any, refused: str | None) -> bool:
        assert (None if answer.status_code < 300 else refusal_of(answer)["type"]) == refused, answer.get_json()
        return refused is None

    # What is seen.

    def check(self) -> None:
        assert self.house.sql(OVERLAPS) == []
        assert self.house.sql(MORE_THAN_ONE) == []
        kept = self.house.sql(f"{STATES} FROM meetings m")
        assert {str(row["id"]): (row["state"], row["version"], row["steps"]) for row in kept} == {
            one.id: (one.state, one.version, one.version) for one in self.meetings
        }
        texts = self.house.sql(TEXTS)
        for meeting in self.meetings:
            of_it = [row for row in texts if str(row["meeting_id"]) == meeting.id]
            if meeting.state == "planned":
                assert all(row["is_latest"] for row in of_it if row["state"] == "queued")
            if meeting.state == "planned" and not meeting.came:
                self.check_texts(meeting, [row for row in of_it if row["is_latest"]])
            if meeting.state == "missed" or not self.active[meeting.child]:
                assert [row for row in of_it if row["state"] == "queued"] == []

    def check_texts(self, meeting: Known, latest: list[dict[str, Any]]) -> None:
        assert latest or not self.active[meeting.child]
        for row in latest:
            body = self.house.opened(row["body"], "messages.body")
            assert f"plkst. {clock.in_riga(meeting.starts_at):%H.%M}" in body
            assert f"Vieta {meeting.place}." in body

    def check_histories(self) -> None:
        for meeting in self.meetings:
            shown = done(self.phone(meeting.child).get(f"meetings/{meeting.id}"))
            steps = done(self.phone(meeting.child).get(f"meetings/{meeting.id}/history?limit=200"))["items"]
            assert [one["version"] for one in steps] == list(range(1, shown["version"] + 1))
            told: dict[str, Any] = {}
            for change in (change for one in steps for change in one["changes"]):
                assert told.get(change["member"]) == change["from"]
                told[change["member"]] = change["to"]
            if meeting.came:
                told["starts_at"] = shown["starts_at"]
            assert {name: shown[name] for name in told} == told


@pytest.fixture(autouse=True)
def nobody_starts_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is what it is: a time must come before a meeting begins."""
    # Nearer than it is: the days of a story follow one another closely.
    monkeypatch.setattr("bas_service.meetings.rules.EARLIEST_START", timedelta(hours=3))


CHILD, WHICH, SLOTS = st.integers(0, 2), st.integers(0, 5), st.integers(0, 4)
MINUTES, PLACE = st.sampled_from([30, 60, 90]), st.integers(1, 3)
KIND = st.sampled_from(["session", "accompaniment"])
STEPS = st.one_of(
    st.tuples(st.just(Story.plan), CHILD, KIND, SLOTS, MINUTES, PLACE),
    st.tuples(st.just(Story.plan), CHILD, KIND, SLOTS, MINUTES, PLACE),
    st.tuples(st.just(Story.change), WHICH, SLOTS, MINUTES, PLACE),
    st.tuples(st.just(Story.start), WHICH, st.booleans()),
    st.tuples(st.sampled_from([Story.extend, Story.finish, Story.cancel, Story.miss, Story.add]), WHICH),
    st.tuples(st.just(Story.correct), WHICH, st.booleans()),
    st.tuples(st.just(Story.let_its_time_come), WHICH, st.booleans()),
    st.tuples(st.just(Story.let_its_time_come), WHICH, st.booleans()),
    st.tuples(st.just(Story.agree), CHILD, st.sampled_from([None, -1, 0, 1])),
    st.tuples(st.sampled_from([Story.withdraw, Story.suspend_or_resume]), CHILD),
    st.tuples(st.just(Story.hand_over)),
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=8, max_size=20))
def test_after_any_sequence_states_texts_and_histories_are_true(house: House, steps: list[tuple[Any, ...]]) -> None:
    story = Story(house)
    for act, *values in steps:
        act(story, *values)
        story.check()
    story.check_histories()


def test_a_story_that_goes_through_everything(house: House) -> None:
    """What chance must not leave out."""
    story = Story(house)
    for act, *values in [
        (Story.plan, 0, "accompaniment", 0, 60, 1),
        (Story.agree, 0),
        (Story.plan, 0, "accompaniment", 0, 60, 1),
        (Story.plan, 1, "session", 0, 30, 2),
        (Story.plan, 1, "session", 1, 30, 2),
        (Story.plan, 2, "session", 0, 90, 3),
        (Story.change, 1, 0, 30, 1),
        (Story.change, 0, 2, 60, 2),
        (Story.hand_over,),
        (Story.change, 2, 0, 60, 1),
        (Story.start, 0, False),
        (Story.withdraw, 0),
        (Story.agree, 0, 1),
        (Story.change, 0, 3, 60, 2),
        (Story.let_its_time_come, 0, True),
        (Story.withdraw, 0),
        (Story.agree, 0, -1),
        (Story.start, 0, False),
        (Story.agree, 0),
        (Story.suspend_or_resume, 0),
        (Story.start, 0, False),
        (Story.suspend_or_resume, 0),
        (Story.start, 0, True),
        (Story.extend, 0),
        (Story.miss, 1),
        (Story.let_its_time_come, 1, False),
        (Story.start, 1, False),
        (Story.finish, 0),
        (Story.correct, 0, True),
        (Story.start, 1, False),
        (Story.extend, 1),
        (Story.miss, 1),
        (Story.finish, 1),
        (Story.correct, 1, True),
        (Story.suspend_or_resume, 2),
        (Story.let_its_time_come, 2, False),
        (Story.miss, 2),
        (Story.cancel, 2),
        (Story.add, 2),
        (Story.add, 0),
        (Story.change, 0, 0, 60, 1),
    ]:
        act(story, *values)
        story.check()
    story.check_histories()

    assert [one.state for one in story.meetings] == ["held", "held", "missed"]
