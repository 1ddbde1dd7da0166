"""The dated policies: make one, take a prepared one back, see beforehand what one would do (D2, D26)."""

import uuid
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from bas_service import clock
from bas_service.access.queries import team_of
from bas_service.access.rules import Role
from bas_service.caseload import policy_rules, queries
from bas_service.caseload.models import LoadPolicyRow
from bas_service.caseload.policy_models import CaseworkPolicy, WithdrawnPolicy
from bas_service.caseload.policy_rules import PolicyBegun, PolicyKind, Standing
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
    statement = select(CaseworkPolicy).where(CaseworkPolicy.valid_from <= day)
    found = db.session.scalars(statement.order_by(CaseworkPolicy.valid_from.desc()).limit(1)).first()
    if found is None:
        raise NotFound()
    return found


def casework_policies() -> list[CaseworkPolicy]:
    """All policies of casework, the one that begins last first."""
    return list(db.session.scalars(select(CaseworkPolicy).order_by(CaseworkPolicy.valid_from.desc())))


def make_casework_policy(form: dict[str, Any], *, by: uuid.UUID) -> CaseworkPolicy:
    """Make a policy of casework that begins today or later; what is left out stays as it would be on that day.

    Raises ``InvalidRequest``, ``PolicyDateTaken``.
    """
    before = casework_policy_on(max(form["valid_from"], clock.today()))
    values = {name: form.get(name, getattr(before, name)) for name in _TAKEN_OVER}
    # Known to the session, it would stand in the way of a new one under an id that is taken.
    db.session.expunge(before)
    policy_rules.check_casework_policy(values | {"valid_from": form["valid_from"]}, today=clock.today())
    policy = CaseworkPolicy(
        id=form.get("id") or new_id(),
        valid_from=form["valid_from"],
        **values,
        created_at=clock.now(),
        created_by=by,
    )
    db.session.add(policy)
    db.session.flush()
    return policy


def withdraw(kind: PolicyKind, policy_id: uuid.UUID) -> WithdrawnPolicy:
    """Take a prepared policy back before it begins, so that its day is free for a better one.

    Who did, and when, stays with what it was. Raises ``NotFound``; ``PolicyBegun`` from its day on.
    """
    model = LoadPolicyRow if kind is PolicyKind.LOAD else CaseworkPolicy
    valid_from = db.session.scalars(select(model.valid_from).where(model.id == policy_id)).first()
    if valid_from is None:
        raise NotFound()
    if valid_from <= clock.today():
        raise PolicyBegun()
    (found,) = rows("SELECT withdraw_policy(:kind, :policy) AS done", kind=kind.value, policy=policy_id)
    withdrawn = db.session.get(WithdrawnPolicy, policy_id) if found["done"] else None
    if withdrawn is None:
        # Somebody else was quicker.
        raise NotFound()
    return withdrawn


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
