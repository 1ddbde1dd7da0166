"""Whatever several people do one after the other, over several days: loads, limits and history stay true (D2–D4)."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bas_service import clock
from tests.builders import House
from tests.callers import done, refusal_of

COMPLEXITIES = ("low", "standard", "high", "crisis")
# Small maximums, so that a few cases reach them.
POLICIES = [
    {"weights": dict(zip(COMPLEXITIES, (0.75, 1, 1.5, 2), strict=True)), "maximum": 3},
    {"weights": dict(zip(COMPLEXITIES, (0.75, 1, 1.5, 2), strict=True)), "maximum": 2},
    {"weights": dict(zip(COMPLEXITIES, (1, 1.25, 2, 2.5), strict=True)), "maximum": 4.25},
    {"weights": dict(zip(COMPLEXITIES, (0.5, 0.5, 0.5, 0.5), strict=True)), "maximum": 2.5},
]
TEAMS, MEMBERS = 2, 2
# Nobody is responsible for a closed case, exactly one for an open one, without a gap since its beginning.
GAPS = """
    SELECT c.id FROM cases c WHERE
        (SELECT count(*) FROM responsibilities r WHERE r.case_id = c.id AND r.until IS NULL
            AND r.specialist_id = c.specialist_id) <> CASE c.state WHEN 'open' THEN 1 ELSE 0 END
        OR (SELECT count(*) FROM responsibilities r WHERE r.case_id = c.id AND r.until IS NULL) > 1
        OR EXISTS (SELECT FROM responsibilities r WHERE r.case_id = c.id AND r.since <> c.opened_at
            AND NOT EXISTS (SELECT FROM responsibilities b WHERE b.case_id = c.id AND b.until = r.since)
            AND NOT EXISTS (SELECT FROM case_closings e WHERE e.case_id = c.id AND e.reopened_at = r.since))
        OR c.complexity <> (SELECT k.complexity FROM case_complexities k WHERE k.case_id = c.id
            ORDER BY k.since DESC LIMIT 1)
"""


@dataclass
class KnownCase:
    """A case as this test keeps it in mind; days are counted from the story's first."""

    id: str
    child: dict[str, Any]
    team: int
    member: int
    complexity: str
    excepted_until: int | None = None
    was_excepted: bool = False
    is_open: bool = True


@dataclass
class Story:
    """Two teams, somebody who makes policies, and what all of it should have come to."""

    house: House
    day: int = 0
    cases: list[KnownCase] = field(default_factory=list)
    policies: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    # Who is above the maximum because of a policy that began when they were within the one before.
    overtaken: set[tuple[int, int]] = field(default_factory=set)
    shown: dict[tuple[int, int], list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.house.empty()
        self.coordinator = self.house.a_coordinator()
        self.supervisors = [self.house.a_supervisor() for _ in range(TEAMS)]
        self.specialists = [[self.house.a_specialist(one) for _ in range(MEMBERS)] for one in self.supervisors]
        self.make_policy(0, 0)

    # What is right, computed without the service.

    @property
    def policy(self) -> dict[str, Any]:
        return max((one for one in self.policies if one[0] <= self.day), key=lambda one: one[0])[2]

    def of(self, team: int, member: int) -> list[KnownCase]:
        return [one for one in self.cases if one.is_open and (one.team, one.member) == (team, member)]

    def load(self, team: int, member: int, *, without: KnownCase | None = None) -> float:
        return sum(self.policy["weights"][one.complexity] for one in self.of(team, member) if one is not without)

    def may_come(self, case: KnownCase, team: int, member: int, complexity: str, until: int | None) -> bool:
        would_be = self.load(team, member, without=case) + self.policy["weights"][complexity]
        return until is not None and until >= self.day or would_be <= self.policy["maximum"]

    def date_of(self, day: int) -> date:
        return clock.today() + timedelta(days=day - self.day)

    # What people do; each compares the answer with what is right.

    def make_policy(self, number: int, days_ahead: int) -> None:
        form = {"valid_from": self.date_of(self.day + days_ahead).isoformat(), "minimum": 1, "nominal": 2}
        answer = self.coordinator.post("load-policies", form | POLICIES[number])
        if any(begins == self.day + days_ahead for begins, _, _ in self.policies):
            assert refusal_of(answer) == {"type": "policy-date-taken"}
            return
        self.policies.append((self.day + days_ahead, done(answer)["id"], POLICIES[number]))
        self.note_overtaken()

    def withdraw_policy(self, which: int) -> None:
        begins, policy_id, _ = self.policies[which % len(self.policies)]
        answer = self.coordinator.post(f"load-policies/{policy_id}/withdraw")
        if begins <= self.day:
            assert refusal_of(answer) == {"type": "policy-begun"}
            return
        done(answer)
        del self.policies[which % len(self.policies)]

    def assign(self, team: int, member: int, complexity: str, excepted_days: int | None) -> None:
        child = self.house.a_child(self.supervisors[team])
        until = None if excepted_days is None else self.day + excepted_days
        case = KnownCase("", child, team, member, complexity, until, until is not None)
        form = {
            "child_id": child["id"],
            "specialist_id": str(self.specialists[team][member].account_id),
            "complexity": complexity,
            "exceeding": self.exceeding(until),
        }
        preview = done(self.supervisors[team].post("cases/preview", {k: form[k] for k in form if k != "exceeding"}))
        answer = self.supervisors[team].post("cases", form)
        assert (preview["would_be_refused"] is None) == self.may_come(case, team, member, complexity, None)
        if self.judge(answer, self.may_come(case, team, member, complexity, until)):
            case.id = answer.get_json()["id"]
            self.cases.append(case)

    def transfer(self, which: int, member: int) -> None:
        for case in self.the_open(which):
            to = self.specialists[case.team][member]
            form = {"to_specialist_id": str(to.account_id), "reason": "Slims"}
            answer = self.send(case, "POST", "/transfer", form)
            if member == case.member:
                assert answer.status_code == 422
            elif self.judge(answer, self.may_come(case, case.team, member, case.complexity, case.excepted_until)):
                case.member = member

    def weigh(self, which: int, complexity: str) -> None:
        for case in self.the_open(which):
            weights = self.policy["weights"]
            is_lighter = weights[complexity] <= weights[case.complexity]
            fits = self.may_come(case, case.team, case.member, complexity, case.excepted_until)
            if self.judge(self.send(case, "PATCH", "", {"complexity": complexity}), is_lighter or fits):
                case.complexity = complexity

    def except_(self, which: int, days: int | None) -> None:
        for case in self.the_open(which):
            until = None if days is None else self.day + days
            done(self.send(case, "PATCH", "", {"exceeding": self.exceeding(until)}))
            case.excepted_until = until
            case.was_excepted |= until is not None

    def close(self, which: int) -> None:
        for case in self.the_open(which):
            done(self.send(case, "POST", "/close", {"reason": "goal_reached", "outcome": "Labs"}))
            case.is_open = False

    def reopen(self, which: int, member: int) -> None:
        closed = [one for one in self.cases if not one.is_open]
        for case in closed[which % len(closed) :][:1] if closed else []:
            to = self.specialists[case.team][member]
            form = {"specialist_id": str(to.account_id), "reason": "Atgriezās"}
            answer = self.send(case, "POST", "/reopen", form)
            if self.judge(answer, self.may_come(case, case.team, member, case.complexity, None)):
                case.is_open, case.member, case.excepted_until, case.was_excepted = True, member, None, False

    def sleep(self) -> None:
        for team, member, seen in self.seen():
            self.shown.setdefault((team, member), []).append(seen)
        self.house.let_days_pass(1)
        self.day += 1
        self.note_overtaken()

    def the_open(self, which: int) -> list[KnownCase]:
        cases = [one for one in self.cases if one.is_open]
        return cases[which % len(cases) :][:1] if cases else []

    def exceeding(self, until: int | None) -> dict[str, Any] | None:
        return None if until is None else {"reason": "Slimība", "until": self.date_of(until).isoformat()}

    def send(self, case: KnownCase, method: str, path: str, form: dict[str, Any]) -> Any:
        return self.supervisors[case.team].send(method, f"cases/{case.id}{path}", form, If_Match="*")

    def judge(self, answer: Any, is_right: bool) -> bool:
        assert (answer.status_code < 300) == is_right, answer.get_json()
        assert is_right or refusal_of(answer)["type"] == "caseload-full"
        return is_right

    def note_overtaken(self) -> None:
        for team in range(TEAMS):
            for member in range(MEMBERS):
                if self.load(team, member) > self.policy["maximum"]:
                    self.overtaken.add((team, member))

    # What is seen.

    def seen(self) -> list[tuple[int, int, dict[str, Any]]]:
        found = []
        for team, supervisor in enumerate(self.supervisors):
            by_id = {one["specialist"]["id"]: one for one in done(supervisor.get("specialists"))["items"]}
            for member, specialist in enumerate(self.specialists[team]):
                found.append((team, member, by_id[str(specialist.account_id)]))
        return found

    def check(self) -> None:
        for team, member, seen in self.seen():
            load, maximum, cases = self.load(team, member), self.policy["maximum"], self.of(team, member)
            assert (seen["load"], seen["maximum"], seen["cases"]) == (load, maximum, len(cases))
            assert (seen["over"] is not None) == (load > maximum)
            if load <= maximum:
                self.overtaken.discard((team, member))
            else:
                assert (team, member) in self.overtaken or any(one.was_excepted for one in cases)
        assert self.house.sql(GAPS) == []
        twice = "SELECT child_id FROM cases WHERE state = 'open' GROUP BY child_id HAVING count(*) > 1"
        assert self.house.sql(twice) == []

    def check_the_past(self) -> None:
        names = ("load", "cases", "minimum", "nominal", "maximum")
        for team, member, seen in self.seen():
            past = [*self.shown.get((team, member), []), seen]
            first, last = self.date_of(0).isoformat(), self.date_of(self.day).isoformat()
            path = f"specialists/{self.specialists[team][member].account_id}/load"
            found = done(self.supervisors[team].get(f"{path}?from={first}&to={last}&step=day"))["items"]
            assert found == [
                {"on": self.date_of(day).isoformat()} | {name: past[day][name] for name in names}
                for day in range(self.day + 1)
            ]


TEAM, MEMBER, WHICH = st.integers(0, TEAMS - 1), st.integers(0, MEMBERS - 1), st.integers(0, 7)
COMPLEXITY = st.sampled_from(COMPLEXITIES)
EXCEPTED = st.none() | st.integers(0, 2)
STEPS = st.one_of(
    st.tuples(st.just(Story.assign), TEAM, MEMBER, COMPLEXITY, EXCEPTED),
    st.tuples(st.just(Story.assign), st.just(0), st.just(0), COMPLEXITY, st.none()),
    st.tuples(st.just(Story.transfer), WHICH, MEMBER),
    st.tuples(st.just(Story.weigh), WHICH, COMPLEXITY),
    st.tuples(st.just(Story.except_), WHICH, EXCEPTED),
    st.tuples(st.just(Story.close), WHICH),
    st.tuples(st.just(Story.reopen), WHICH, MEMBER),
    st.tuples(st.just(Story.make_policy), st.integers(0, len(POLICIES) - 1), st.integers(0, 2)),
    st.tuples(st.just(Story.withdraw_policy), WHICH),
    st.tuples(st.just(Story.sleep)),
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=5, max_size=25))
def test_after_any_sequence_loads_limits_and_history_are_true(house: House, steps: list[tuple[Any, ...]]) -> None:
    story = Story(house)
    for act, *values in steps:
        act(story, *values)
        story.check()
    story.check_the_past()


def test_a_story_that_goes_through_everything(house: House) -> None:
    """What chance must not leave out."""
    story = Story(house)
    for act, *values in [
        (Story.assign, 0, 0, "crisis", None),
        (Story.assign, 0, 0, "standard", None),
        (Story.assign, 0, 0, "low", None),
        (Story.assign, 0, 0, "low", 1),
        (Story.weigh, 1, "crisis"),
        (Story.weigh, 2, "crisis"),
        (Story.sleep,),
        (Story.transfer, 0, 1),
        (Story.transfer, 1, 1),
        (Story.transfer, 2, 1),
        (Story.make_policy, 1, 1),
        (Story.make_policy, 2, 2),
        (Story.withdraw_policy, 2),
        (Story.sleep,),
        (Story.assign, 0, 1, "low", None),
        (Story.except_, 0, None),
        (Story.make_policy, 3, 0),
        (Story.close, 0),
        (Story.assign, 1, 0, "low", None),
        (Story.sleep,),
        (Story.make_policy, 3, 0),
        (Story.reopen, 0, 1),
        (Story.sleep,),
        (Story.close, 0),
    ]:
        act(story, *values)
        story.check()
    story.check_the_past()

    assert (story.day, len(story.cases), len(story.policies)) == (4, 4, 3)
