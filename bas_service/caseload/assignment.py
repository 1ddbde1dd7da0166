"""Before a child is given to somebody: what it would make of their load, and who would suit the child (D4)."""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from bas_service import clock
from bas_service.caseload import queries, suggestion_rules
from bas_service.caseload.absences import absent_on
from bas_service.caseload.rules import CaseloadFull, ChildHasACase, Complexity, LoadPolicy, load_of
from bas_service.caseload.suggestion_rules import Candidate, Why
from bas_service.children.models import Child
from bas_service.children.queries import child_in_sight
from bas_service.children.rules import sort_key_of
from bas_service.database import rows
from bas_service.errors import InvalidRequest, Refusal
from bas_service.translation import Language, text_of

# Everybody of the team with what they have, but for the case of the child in question: if it comes to them, or stays
# with them and weighs otherwise, it must not count twice.
_TEAM = """
    SELECT a.id, a.name, a.language, a.municipality, a.languages, c.complexity,
        ch.municipality = :municipality AS nearby
    FROM accounts a
    LEFT JOIN cases c ON c.specialist_id = a.id AND c.state = 'open' AND c.child_id <> :child
    LEFT JOIN children ch ON ch.id = c.child_id
    WHERE a.supervisor_id = :asking AND a.active AND a.role = 'specialist'
"""


@dataclass(kw_only=True)
class Colleague:
    """A specialist of the team with the open cases of other children."""

    id: uuid.UUID
    name: str
    municipality: str | None
    languages: list[str]
    others: list[Complexity] = field(default_factory=list)
    cases_nearby: int = 0

    @property
    def brief(self) -> dict[str, Any]:
        """Who it is."""
        return {"id": self.id, "name": self.name}

    def with_one_more(self, added: Complexity, policy: LoadPolicy) -> dict[str, Any]:
        """The load now, and what one more case would make of it."""
        load = load_of(self.others, policy)
        would_be = load + policy.weights[added]
        return {
            "specialist": self.brief,
            "load": load,
            "would_be": would_be,
            "room_after": max(policy.maximum - would_be, Decimal(0)),
            "fits": would_be <= policy.maximum,
        }


def preview_case(form: dict[str, Any], *, by: uuid.UUID) -> dict[str, Any]:
    """What giving the child to a specialist of the team would make of their load; nothing is changed.

    If the child has a case, its present weight is left out: so the figures also tell what a transfer or another
    complexity would do. Raises ``NotFound`` for a child not in sight, ``NotAllowed`` for one seen in an emergency
    only, ``InvalidRequest`` for a specialist of another team.
    """
    child = child_in_sight(form["child_id"])
    queries.check_decides_on_case(child.id)
    team = _team_of(by, child)
    if form["specialist_id"] not in team:
        raise InvalidRequest.at("/specialist_id", "specialist-not-of-team")
    policy = queries.policy_on(clock.today())
    previews = {one.id: one.with_one_more(form["complexity"], policy) for one in team.values()}
    asked_for = previews.pop(form["specialist_id"])
    refused: type[Refusal] | None = None if asked_for["fits"] else CaseloadFull
    if queries.open_case_of(child.id) is not None:
        refused = ChildHasACase
    return asked_for | {
        "minimum": policy.minimum,
        "nominal": policy.nominal,
        "maximum": policy.maximum,
        "would_be_refused": refused and refused.name,
        "others_with_room": sorted(
            (one for one in previews.values() if one["fits"]),
            key=lambda one: (one["would_be"], sort_key_of(one["specialist"]["name"]), one["specialist"]["id"]),
        ),
    }


def suggested_specialists(
    child_id: uuid.UUID, complexity: Complexity, *, by: uuid.UUID, language: Language
) -> list[dict[str, Any]]:
    """The specialists of the asking supervisor's team, best suited first, each with the reasons in words.

    ``absence`` is today's, or ``None``. Whoever is responsible for the child already is left out. Raises ``NotFound``
    for a child not in sight, ``NotAllowed`` for one seen in an emergency only.
    """
    child = child_in_sight(child_id)
    queries.check_decides_on_case(child_id)
    team = _team_of(by, child)
    policy = queries.policy_on(clock.today())
    earlier = _worked_with(child_id)
    families = {row["specialist_id"] for row in rows("SELECT * FROM worked_with_family_of(:child)", child=child_id)}
    absent = absent_on(clock.today(), list(team))
    candidates = [
        Candidate(
            specialist_id=one.id,
            sort_key=sort_key_of(one.name),
            room_after=policy.maximum - load_of([*one.others, complexity], policy),
            maximum=policy.maximum,
            speaks=child.language in one.languages,
            worked_with_child=one.id in earlier,
            worked_with_family=one.id in families,
            of_municipality=one.municipality == child.municipality,
            cases_nearby=one.cases_nearby,
            absent_until=absent[one.id]["valid_until"] if one.id in absent else None,
        )
        for one in team.values()
        if not earlier.get(one.id)
    ]
    return [
        team[one.specialist_id].with_one_more(complexity, policy)
        | {"maximum": policy.maximum, "why": _reasons_of(one, language), "absence": absent.get(one.specialist_id)}
        for one in suggestion_rules.ranked(candidates)
    ]


def _team_of(supervisor_id: uuid.UUID, child: Child) -> dict[uuid.UUID, Colleague]:
    team: dict[uuid.UUID, Colleague] = {}
    for row in rows(_TEAM, asking=supervisor_id, child=child.id, municipality=child.municipality):
        colleague = team.setdefault(
            row["id"],
            Colleague(
                id=row["id"],
                name=row["name"],
                municipality=row["municipality"],
                # Nobody said otherwise: at least the language in which they use the service.
                languages=row["languages"] or [row["language"]],
            ),
        )
        if row["complexity"]:
            colleague.others.append(Complexity(row["complexity"]))
            colleague.cases_nearby += bool(row["nearby"])
    return team


def _worked_with(child_id: uuid.UUID) -> dict[uuid.UUID, bool]:
    """Who is or was responsible for the child, and whether they are."""
    responsible: defaultdict[uuid.UUID, bool] = defaultdict(bool)
    for row in rows("SELECT specialist_id, until FROM responsibilities WHERE child_id = :child", child=child_id):
        responsible[row["specialist_id"]] |= row["until"] is None
    return responsible


def _reasons_of(candidate: Candidate, language: Language) -> list[dict[str, Any]]:
    values: dict[Why, dict[str, Any]] = {
        Why.ROOM: {"room": candidate.room_after},
        Why.NO_ROOM: {"above": -candidate.room_after},
        Why.CASES_NEARBY: {"cases": candidate.cases_nearby},
        Why.ABSENT: {"until": candidate.absent_until},
    }
    reasons = []
    for why, points in suggestion_rules.points_of(candidate).items():
        said = {name: _spelled(value) for name, value in values.get(why, {}).items()}
        text = text_of(language, f"suggestion-{why.replace('_', '-')}", **said)
        reasons.append({"code": why, "text": text, "points": round(points, 2)} | values.get(why, {}))
    return reasons


def _spelled(value: date | Decimal | int) -> str | float:
    return f"{value:%d.%m.%Y}" if isinstance(value, date) else float(value)
