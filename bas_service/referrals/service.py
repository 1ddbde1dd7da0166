"""The verbs: enter and correct a referral, save a screening, accept, decline, put off, withdraw; make a form."""

import json
import uuid
from typing import Any

from sqlalchemy import update

from bas_service import clock
from bas_service.caseload.queries import check_decides_on_case, open_case_of
from bas_service.caseload.rules import ChildHasACase
from bas_service.children.queries import hold_child
from bas_service.children.rules import personal_code_of, search_key_of
from bas_service.children.service import enter_child
from bas_service.database import db, new_id
from bas_service.errors import InvalidRequest, Said
from bas_service.referrals import queries, rules
from bas_service.referrals.models import Referral, Screening, ScreeningForm
from bas_service.referrals.rules import UNDECIDED, ReferralState
from bas_service.sealing import keys

# What a child is entered with: as it was typed, nothing twice (D24).
_OF_THE_CHILD = ("given_name", "family_name", "birth_date", "personal_code", "municipality", "language")


def enter_referral(form: dict[str, Any], *, by: uuid.UUID) -> Referral:
    """Enter a referral that nobody has decided about yet (D1); raises ``InvalidRequest``."""
    now = clock.now()
    referral = Referral(
        **{"id": new_id(), "received_on": clock.today()} | _columns_of(form),
        search_key=search_key_of(form["given_name"], form["family_name"]),
        state=ReferralState.NEW.value,
        version=1,
        created_at=now,
        created_by=by,
    )
    db.session.add(referral)
    db.session.flush()
    return queries.referral_in_sight(referral.id)


def correct_referral(referral: Referral, form: dict[str, Any]) -> None:
    """Correct a held referral while nothing is decided; of an accepted one only the priority, until there is a case.

    Raises ``InvalidRequest``, ``ReferralDecided``.
    """
    is_waiting_for_a_case = referral.state == ReferralState.ACCEPTED and referral.waited_until is None
    if referral.state not in UNDECIDED and not (is_waiting_for_a_case and set(form) <= {"priority"}):
        raise rules.ReferralDecided(state=referral.state)
    values = _columns_of(form)
    changed = {name: value for name, value in values.items() if getattr(referral, name) != value}
    for name, value in changed.items():
        setattr(referral, name, value)
    referral.search_key = search_key_of(referral.given_name, referral.family_name)
    referral.version += 1 if changed else 0
    db.session.flush()


def save_answers(referral: Referral, *, form_id: uuid.UUID, answers: dict[str, str], by: uuid.UUID) -> None:
    """Keep a set of answers beside the earlier ones, with the form it was given on, however incomplete (D24).

    Raises ``InvalidRequest``, ``ReferralDecided``.
    """
    _check_undecided(referral)
    form = queries.form_begun(form_id)
    if form is None:
        raise InvalidRequest.at("/form_id", "form-unknown")
    wrong = rules.wrong_answers([rules.question_of(question) for question in form.questions], answers)
    if wrong:
        raise InvalidRequest(wrong)
    db.session.add(
        Screening(
            id=new_id(),
            referral_id=referral.id,
            form_id=form_id,
            answers=json.dumps(answers),
            created_at=clock.now(),
            created_by=by,
        )
    )
    referral.version += 1
    db.session.flush()


def referral_to_accept(referral_id: uuid.UUID, child_id: uuid.UUID | None) -> Referral:
    """A referral held for accepting, the child that it is about held before it; ``NotFound``, ``NotAllowed``."""
    if child_id is not None:
        hold_child(child_id)
        check_decides_on_case(child_id)
    return queries.referral_in_sight(referral_id, lock=True)


def accept_referral(referral: Referral, *, child_id: uuid.UUID | None, despite: str | None, by: uuid.UUID) -> None:
    """Accept a held referral: its child, or the held one known already, waits for a case from now on (D1).

    The new child has the referral's id: there cannot be two of them, and its trace begins with the referral's.
    Raises ``ReferralDecided``, ``ScreeningMissing``, ``ScreeningAgainst``, ``ReferralIncomplete``,
    ``ChildHasACase``, ``ChildAlreadyKnown``.
    """
    _check_undecided(referral)
    found = queries.screening_of(referral)
    rules.check_acceptable(found[1] if found else None, despite=despite)
    if child_id is None:
        if referral.birth_date is None:
            raise rules.ReferralIncomplete(missing=["birth_date"])
        form = {name: getattr(referral, name) for name in _OF_THE_CHILD}
        child_id = enter_child(form | {"id": referral.id}, by=by, of_any_age=True).id
    elif open_case_of(child_id) is not None:
        raise ChildHasACase()
    _decide(referral, ReferralState.ACCEPTED, by=by, child_id=child_id, despite=despite)


def decline_referral(referral: Referral, *, reason: str, words: str | None, by: uuid.UUID) -> None:
    """Decline a held referral for one of the present form's reasons; ``InvalidRequest``, ``ReferralDecided``."""
    form = queries.form_on(clock.today())
    if reason not in {one["key"] for one in form.decline_reasons}:
        raise InvalidRequest.at("/reason", "decline-reason-unknown")
    _decide(
        referral,
        ReferralState.DECLINED,
        by=by,
        decline_reason=reason,
        decline_form_id=form.id,
        decision_words=words,
    )


def put_off_referral(referral: Referral, *, words: str | None, by: uuid.UUID) -> None:
    """Let a held referral wait: it is on the waiting list until something else is decided; ``ReferralDecided``."""
    _decide(referral, ReferralState.WAITING, by=by, decision_words=words)


def withdraw_referral(referral: Referral, *, words: str | None, by: uuid.UUID) -> None:
    """Whoever referred the child, or the family, took the referral back; ``ReferralDecided``."""
    _decide(referral, ReferralState.WITHDRAWN, by=by, decision_words=words)


def make_form(form: dict[str, Any], *, by: uuid.UUID) -> ScreeningForm:
    """Make a screening form that begins today or later (D26); raises ``InvalidRequest``, ``FormDateTaken``."""
    if form["valid_from"] < clock.today():
        raise InvalidRequest.at("/valid_from", "day-in-the-past")
    flaws = rules.flaws_of(form)
    if flaws:
        raise InvalidRequest(flaws)
    made = ScreeningForm(**{"id": new_id()} | form, created_at=clock.now(), created_by=by)
    db.session.add(made)
    db.session.flush()
    return made


def _columns_of(form: dict[str, Any]) -> dict[str, Any]:
    """A form's members as the table's columns, those judged that can be judged by themselves."""
    values = dict(form)
    if "referred_by" in values:
        values |= {f"referrer_{name}": value for name, value in values.pop("referred_by").items()}
    wrong: list[tuple[str, str]] = []
    for name in ("received_on", "birth_date"):
        if values.get(name) and values[name] > clock.today():
            wrong.append((f"/{name}", Said("moment-in-the-future")))
    if values.get("personal_code"):
        values["personal_code"] = personal_code_of(values["personal_code"])
        if values["personal_code"] is None:
            wrong.append(("/personal_code", Said("personal-code-wrong")))
    if wrong:
        raise InvalidRequest(wrong)
    if "personal_code" in values:
        code = values["personal_code"]
        values["personal_code_digest"] = keys().digest(code, "personal-code") if code else None
    return values


def _check_undecided(referral: Referral) -> None:
    if referral.state not in UNDECIDED:
        raise rules.ReferralDecided(state=referral.state)


def _decide(referral: Referral, state: ReferralState, *, by: uuid.UUID, **values: Any) -> None:
    """Move a referral's state, in one statement that finds it undecided or does nothing."""
    moved = db.session.execute(
        update(Referral)
        .where(Referral.id == referral.id, Referral.state.in_(UNDECIDED), Referral.state != state)
        .values(
            state=state.value,
            decided_at=clock.now(),
            decided_by=by,
            version=Referral.version + 1,
            **{"decision_words": None} | values,
        )
        .execution_options(synchronize_session=False)
    )
    if not moved.rowcount:  # type: ignore[attr-defined]
        raise rules.ReferralDecided(state=referral.state)
    db.session.refresh(referral)
