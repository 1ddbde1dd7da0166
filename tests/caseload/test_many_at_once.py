"""Thousands of attempts at once to fill the same few specialists: none gets through that must not (D4)."""

import random
from collections import Counter
from itertools import groupby
from typing import Any

from tests.builders import House
from tests.callers import at_once

WEIGHTS = {"low": 0.75, "standard": 1.0, "high": 1.5, "crisis": 2.0}
MAXIMUM = 12.0
THREADS, ATTEMPTS = 10, 200
# Every moment at which somebody's load changed, and by what: what a case weighed while they were responsible.
CHANGES = """
    SELECT r.specialist_id, r.case_id, r.since AS at, 'came' AS what, NULL AS complexity FROM responsibilities r
    UNION ALL SELECT r.specialist_id, r.case_id, r.until, 'left', NULL FROM responsibilities r WHERE until IS NOT NULL
    UNION ALL SELECT r.specialist_id, k.case_id, k.since, 'weighs', k.complexity
        FROM case_complexities k JOIN responsibilities r ON r.case_id = k.case_id
    ORDER BY specialist_id, at
"""


class Crowd:
    """Two teams of two who share sixty children, and whoever presses buttons there at the same time."""

    def __init__(self, house: House) -> None:
        self.supervisors = [house.a_supervisor() for _ in range(2)]
        self.teams = [[house.a_specialist(one) for _ in range(2)] for one in self.supervisors]
        self.children = [house.a_child(self.supervisors[0])["id"] for _ in range(60)]
        self.cases: list[tuple[int, str]] = []
        self.answers: Counter[tuple[str, int]] = Counter()

    def press(self, number: int) -> None:
        """One person's attempts, drawn by chance; the same in every run."""
        chance = random.Random(number)
        for _ in range(ATTEMPTS):
            kind = chance.choice(["assign", "assign", "weigh", "weigh", "transfer", "transfer", "close"])
            if kind == "assign" or not self.cases:
                self.assign(chance)
            else:
                self.change(kind, chance)

    def assign(self, chance: random.Random) -> None:
        team = chance.randrange(2)
        form = {
            "child_id": chance.choice(self.children),
            "specialist_id": str(chance.choice(self.teams[team]).account_id),
            "complexity": chance.choice(list(WEIGHTS)),
        }
        answer = self.supervisors[team].post("cases", form)
        if answer.status_code == 201:
            self.cases.append((team, answer.get_json()["id"]))
        self.answers["assign", answer.status_code] += 1

    def change(self, kind: str, chance: random.Random) -> None:
        team, case_id = chance.choice(self.cases[-40:])
        form: dict[str, Any] = {"complexity": chance.choice(["standard", "high", "crisis"])}
        if kind == "transfer":
            form = {"to_specialist_id": str(chance.choice(self.teams[team]).account_id), "reason": "Slims"}
        elif kind == "close":
            form = {"reason": "goal_reached", "outcome": "Labs"}
        method, path = ("PATCH", "") if kind == "weigh" else ("POST", f"/{kind}")
        answer = self.supervisors[team].send(method, f"cases/{case_id}{path}", form, If_Match="*")
        self.answers[kind, answer.status_code] += 1


def highest_loads(house: House) -> dict[Any, float]:
    """The highest load that each specialist ever had, replayed from the history."""
    found = {}
    for specialist_id, changes in groupby(house.sql(CHANGES), key=lambda row: row["specialist_id"]):
        weighs: dict[Any, float] = {}
        present: set[Any] = set()
        highest = 0.0
        for _, together in groupby(changes, key=lambda row: row["at"]):
            for change in together:
                if change["what"] == "weighs":
                    weighs[change["case_id"]] = WEIGHTS[change["complexity"]]
                else:
                    (present.add if change["what"] == "came" else present.discard)(change["case_id"])
            highest = max(highest, sum(weighs[case_id] for case_id in present))
        found[specialist_id] = highest
    return found


def test_of_thousands_of_attempts_at_once_none_leads_above_the_maximum_or_to_a_fault(
    house: House,
) -> None:
    crowd = Crowd(house)

    at_once(*[lambda number=number: crowd.press(number) for number in range(THREADS)])

    print(f"{THREADS * ATTEMPTS} attempts of {THREADS} people:", dict(sorted(crowd.answers.items())))
    highest = highest_loads(house)
    print("highest loads ever:", sorted(highest.values()))
    assert sum(crowd.answers.values()) == THREADS * ATTEMPTS
    # Done; not in sight any more; full, taken or closed; where it is already.
    assert {status for _, status in crowd.answers} <= {200, 201, 404, 409, 422}
    assert {kind for (kind, status) in crowd.answers if status < 300} == {"assign", "weigh", "transfer", "close"}
    assert max(highest.values()) <= MAXIMUM
    # It was worth the trouble: everybody came next to the limit.
    assert min(highest.values()) > MAXIMUM - 2
    assert house.sql("SELECT 1 FROM cases WHERE state = 'open' GROUP BY child_id HAVING count(*) > 1") == []
    lone = """
        SELECT c.id FROM cases c LEFT JOIN responsibilities r ON r.case_id = c.id AND r.until IS NULL
        GROUP BY c.id HAVING count(r.id) <> CASE c.state WHEN 'open' THEN 1 ELSE 0 END
    """
    assert house.sql(lone) == []
