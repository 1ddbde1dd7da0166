"""The dated policies: make one, take a prepared one back, see beforehand what one would do (D2, D26)."""

import uuid
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from bas_service import clock
from bas_service.access.queries import team_of
from bas_service.access.rules import Role
from bas_service.caseload import dated, policy_rules, queries
from bas_service.caseload.models import LoadPolicyRow
from bas_service.caseload.policy_models import CaseworkPolicy, WithdrawnPolicy
from bas_service.caseload.policy_rules import PolicyKind, Standing
from bas_service.caseload.rules import Complexity, LoadPolicy
from bas_service.children.rules import sort_key_of
from bas_service.database import db, new_id, rows
from bas_service.errors import NotFound

_TAKEN_OVER = (
    "rhythms",
    "close_reasons",
    "failed_attempts",
    "exception_reminder_days",
    "overdue_ask_minutes",
    "overdue_alarm_minutes",
)


def make_load_policy(form: dict[str, Any], *, by: uuid.UUID) -> LoadPolicyRow:
    """Make a load policy that begins today or later (D26); raises ``InvalidRequest``, ``PolicyDateTaken``."""
    policy_rules.check_load_policy(form, today=clock.today())
    policy = LoadPolicyRow(
        id=form.get("id") or new_id(),
        valid_from=form["valid_from"],
        **{f"weight_{complexity}": form["weights"][complexity] for complexity in Complexity},
        minimum=form["minimum"],
        nominal=form["nominal"],
        maximum=form["maximum"],
        created_at=clock.now(),
        created_by=by,
    )
    db.session.add(policy)
    db.session.flush()
    db.session.refresh(policy)
    return policy


def casework_policy_on(day: date) -> CaseworkPolicy:
    """The policy of casework in force on a day (in Riga); raises ``NotFound`` before the first one."""
    return dated.policy_on(CaseworkPolicy, day)


def make_casework_policy(form: dict[str, Any], *, by: uuid.UUID) -> CaseworkPolicy:
    """Make a policy of casework that begins today or later; what is left out stays as it would be on that day.

    Raises ``InvalidRequest``, ``PolicyDateTaken``.
    """
    check = policy_rules.check_casework_policy
    return dated.make_policy(CaseworkPolicy, form, taken_over=_TAKEN_OVER, check=check, by=by)


def casework_policies() -> list[CaseworkPolicy]:
    """All policies of casework, the one that begins last first."""
    return dated.policies_of(CaseworkPolicy)


def withdraw(kind: PolicyKind, policy_id: uuid.UUID) -> WithdrawnPolicy:
    """Take a prepared policy of the caseload back before it begins; raises ``NotFound``, ``PolicyBegun``."""
    return dated.withdraw(kind, LoadPolicyRow if kind is PolicyKind.LOAD else CaseworkPolicy, policy_id)


def load_policy_of(policy_id: uuid.UUID) -> LoadPolicy:
    """A load policy by its id; raises ``NotFound``."""
    found = db.session.get(LoadPolicyRow, policy_id)
    if found is None:
        raise NotFound()
    return found.values


def previewed_policy(form: dict[str, Any]) -> LoadPolicy:
    """The policy that a form would make; raises ``InvalidRequest`` as making it would."""
    policy_rules.check_load_policy(form, today=clock.today())
    return LoadPolicy(
        valid_from=form["valid_from"],
        # As the table keeps them: in hundredths.
        weights={complexity: _hundredths(form["weights"][complexity]) for complexity in Complexity},
        **{name: _hundredths(form[name]) for name in ("minimum", "nominal", "maximum")},
    )


def effect_of(policy: LoadPolicy, *, asking: uuid.UUID, role: Role) -> dict[str, Any]:
    """What a policy does to today's open cases, beside the policy of today: who is above, who is below.

    A supervisor gets the own team by name; coordinators and administrators get every team in numbers, and no
    specialist. No child is looked at: the database hands out numbers of cases only.
    """
    present = queries.policy_on(clock.today())
    loads = _loads_under(present, policy)
    by_team: defaultdict[uuid.UUID | None, list[dict[str, Any]]] = defaultdict(list)
    for one in loads:
        by_team[one["supervisor_id"]].append(one)
    names = _names_of([supervisor_id for supervisor_id in by_team if supervisor_id])
    return {
        "valid_from": policy.valid_from,
        "now": _standings(loads, "standing_now"),
        "then": _standings(loads, "standing_then"),
        "teams": [
            {
                "supervisor": {"id": supervisor_id, "name": names[supervisor_id]} if supervisor_id else None,
                "now": _standings(by_team[supervisor_id], "standing_now"),
                "then": _standings(by_team[supervisor_id], "standing_then"),
                "affected": _affected(by_team[supervisor_id], asking) if role is Role.SUPERVISOR else None,
            }
            for supervisor_id in sorted(by_team, key=lambda one: (sort_key_of(names.get(one, "")), str(one)))
        ],
    }


def _loads_under(present: LoadPolicy, policy: LoadPolicy) -> list[dict[str, Any]]:
    cases: defaultdict[tuple[uuid.UUID, uuid.UUID | None], Counter[Complexity]] = defaultdict(Counter)
    for row in rows("SELECT * FROM open_cases_by_specialist()"):
        counted = cases[row["specialist_id"], row["supervisor_id"]]
        if row["complexity"]:
            counted[Complexity(row["complexity"])] = row["cases"]
    loads = []
    for (specialist_id, supervisor_id), counted in cases.items():
        now, then = (_load_of(counted, one) for one in (present, policy))
        loads.append(
            {
                "specialist_id": specialist_id,
                "supervisor_id": supervisor_id,
                "cases": counted.total(),
                "load_now": now,
                "load_then": then,
                "standing_now": policy_rules.standing_of(now, present),
                "standing_then": policy_rules.standing_of(then, policy),
            }
        )
    return loads


def _load_of(counted: Counter[Complexity], policy: LoadPolicy) -> Decimal:
    return sum((policy.weights[complexity] * number for complexity, number in counted.items()), Decimal(0))


def _standings(loads: list[dict[str, Any]], when: str) -> dict[str, int]:
    counted = Counter(one[when] for one in loads)
    return {"specialists": len(loads)} | {standing.value: counted[standing] for standing in Standing}


def _affected(loads: list[dict[str, Any]], asking: uuid.UUID) -> list[dict[str, Any]]:
    """Those whom the policy puts somewhere else, or leaves above the maximum; the heaviest first."""
    names = {one["id"]: one["name"] for one in team_of(asking)}
    affected = [
        one | {"specialist": {"id": one["specialist_id"], "name": names[one["specialist_id"]]}}
        for one in loads
        if one["standing_then"] is Standing.ABOVE or one["standing_then"] != one["standing_now"]
    ]
    return sorted(affected, key=lambda one: (-one["load_then"], sort_key_of(one["specialist"]["name"])))


def _names_of(account_ids: list[uuid.UUID]) -> dict[uuid.UUID | None, str]:
    found = rows("SELECT id, name FROM accounts WHERE id = ANY(:ids)", ids=account_ids)
    return {row["id"]: row["name"] for row in found}


def _hundredths(amount: float) -> Decimal:
    return Decimal(str(amount)).quantize(Decimal("0.01"))
