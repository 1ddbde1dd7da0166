"""The verbs: enter a child, add and correct representatives, suspend and resume, protect, take consents."""

import uuid
from datetime import date
from typing import Any

from blinker import Signal

from bas_service import clock
from bas_service.children import rules
from bas_service.children.models import Child, Consent, ProtectedPlace, Representative
from bas_service.children.rules import RepresentativeState
from bas_service.database import db, new_id
from bas_service.errors import InvalidRequest
from bas_service.http.looks import looked_at
from bas_service.messaging.rules import Channel
from bas_service.sealing import keys

# Sent within the transaction, with the child's and the representative's id, when who may be told, or where,
# may have changed: what is on its way to them must be looked at again (D29).
representation_changed = Signal()


# Sent within the transaction, with the child's id, when an accompaniment may have gained or lost its consent (D7).
consents_changed = Signal()

# What decides whether, where and in which words somebody is told.
_DECIDES_ON_TELLING = ("phone", "email", "channels", "language", "valid_from", "valid_until")


def enter_child(form: dict[str, Any], *, by: uuid.UUID, of_any_age: bool = False) -> Child:
    """Enter a child that waits for a first case (D1); raises ``InvalidRequest``, ``ChildAlreadyKnown``.

    ``of_any_age`` when somebody has judged the age already, as with an accepted referral.
    """
    form = _checked_child(form, of_any_age=of_any_age)
    child = Child(
        **({"id": new_id(), "personal_code": None} | form),
        sort_key=rules.sort_key_of(form["family_name"], form["given_name"]),
        search_key=rules.search_key_of(form["given_name"], form["family_name"]),
        waiting=True,
        version=1,
        created_at=clock.now(),
        created_by=by,
    )
    db.session.add(child)
    db.session.flush()
    looked_at([child.id])
    return child


def correct_child(child: Child, form: dict[str, Any]) -> None:
    """Correct what is known of a locked child; raises ``InvalidRequest``, ``ChildAlreadyKnown``."""
    # What did not change is not judged anew: a phone sends the whole form, and the child grows up meanwhile.
    form = _checked_child({name: value for name, value in form.items() if getattr(child, name) != value})
    if not _change(child, form):
        return
    child.sort_key = rules.sort_key_of(child.family_name, child.given_name)
    child.search_key = rules.search_key_of(child.given_name, child.family_name)
    db.session.flush()


def add_representative(child_id: uuid.UUID, form: dict[str, Any]) -> Representative:
    """Add somebody who represents the child; they are told of what is planned already (D6)."""
    values = {"id": new_id(), "phone": None, "email": None, "valid_until": None} | form
    values.setdefault("valid_from", clock.today())
    _check_representative(values)
    representative = Representative(
        **values,
        **_digests_of(values),
        child_id=child_id,
        state=RepresentativeState.ACTIVE.value,
        version=1,
        created_at=clock.now(),
    )
    db.session.add(representative)
    db.session.flush()
    _announce_change(representative)
    return representative


def correct_representative(representative: Representative, form: dict[str, Any]) -> None:
    """Correct a locked representative: number, channels, period; raises ``InvalidRequest``."""
    now_and_new = {
        name: getattr(representative, name) for name in ("phone", "email", "channels", "valid_from", "valid_until")
    } | form
    _check_representative(now_and_new)
    form = form | _digests_of(form)
    before = {name: getattr(representative, name) for name in _DECIDES_ON_TELLING}
    if _change(representative, form):
        db.session.flush()
    if before != {name: getattr(representative, name) for name in _DECIDES_ON_TELLING}:
        _announce_change(representative)


def suspend_representative(representative: Representative, *, reason: str, basis: str) -> None:
    """From now on this person is told nothing more, also nothing already queued (D29)."""
    _set_state(representative, RepresentativeState.SUSPENDED, reason=reason, basis=basis)


def resume_representative(representative: Representative, *, reason: str, basis: str) -> None:
    """The representation is in force again; the person is told of what is planned."""
    _set_state(representative, RepresentativeState.ACTIVE, reason=reason, basis=basis)


def protect_place(child_id: uuid.UUID, form: dict[str, Any], *, by: uuid.UUID) -> ProtectedPlace:
    """Keep every place of the child from a representative, for good (D29)."""
    representative = _of_child(child_id, form["from_representative_id"], "/from_representative_id")
    protected = ProtectedPlace(**({"id": new_id()} | form), child_id=child_id, created_at=clock.now(), created_by=by)
    db.session.add(protected)
    db.session.flush()
    _announce_change(representative)
    return protected


def take_consent(child_id: uuid.UUID, form: dict[str, Any]) -> Consent:
    """Record what a representative agreed to (D7, D25); raises ``InvalidRequest``."""
    _of_child(child_id, form["representative_id"], "/representative_id")
    values = {"id": new_id(), "institution": None, "valid_until": None} | form
    # As a phone says it whose clock is a little ahead; our own time is beside it in ``created_at``.
    if values["given_at"] > clock.now() + clock.PHONE_OFF_BY:
        raise InvalidRequest.at("/given_at", "moment-in-the-future")
    if values["valid_until"] and values["valid_until"] < clock.in_riga(values["given_at"]).date():
        raise InvalidRequest.at("/valid_until", "end-before-beginning")
    consent = Consent(**values, child_id=child_id, version=1, created_at=clock.now())
    db.session.add(consent)
    db.session.flush()
    consents_changed.send(None, child_id=child_id)
    return consent


def withdraw_consent(consent: Consent) -> None:
    """End a locked consent from this moment; raises ``ConsentAlreadyWithdrawn``."""
    if consent.withdrawn_at is not None:
        raise rules.ConsentAlreadyWithdrawn()
    consent.withdrawn_at = clock.now()
    consent.version += 1
    db.session.flush()
    consents_changed.send(None, child_id=consent.child_id)


def _checked_child(form: dict[str, Any], *, of_any_age: bool = False) -> dict[str, Any]:
    form = dict(form)
    birth_date: date | None = form.get("birth_date")
    if birth_date and not of_any_age and not rules.is_of_age(clock.today(), birth_date):
        raise InvalidRequest.at("/birth_date", "age-outside-target-group", least=rules.LEAST_AGE, most=rules.MOST_AGE)
    if form.get("personal_code"):
        form["personal_code"] = rules.personal_code_of(form["personal_code"])
        if form["personal_code"] is None:
            raise InvalidRequest.at("/personal_code", "personal-code-wrong")
    if "personal_code" in form:
        form["personal_code_digest"] = _digest_of(form["personal_code"], "personal-code")
    return form


def _check_representative(values: dict[str, Any]) -> None:
    if Channel.SMS in values["channels"] and not values["phone"]:
        raise InvalidRequest.at("/phone", "phone-needed-for-sms")
    if Channel.EMAIL in values["channels"] and not values["email"]:
        raise InvalidRequest.at("/email", "email-needed-for-email")
    if values["valid_until"] and values["valid_until"] < values["valid_from"]:
        raise InvalidRequest.at("/valid_until", "end-before-beginning")


def _digests_of(form: dict[str, Any]) -> dict[str, str | None]:
    """By which the same number or address is found, whoever else gave it: a family's children, say."""
    found = {}
    if "phone" in form:
        found["phone_digest"] = _digest_of(form["phone"], "phone")
    if "email" in form:
        found["email_digest"] = _digest_of(form["email"] and form["email"].lower(), "email")
    return found


def _digest_of(value: str | None, purpose: str) -> str | None:
    return keys().digest(value, purpose) if value else None


def _change(row: Child | Representative, form: dict[str, Any]) -> bool:
    changed = {name: value for name, value in form.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    row.version += 1 if changed else 0
    return bool(changed)


def _set_state(representative: Representative, state: RepresentativeState, *, reason: str, basis: str) -> None:
    if representative.state == state:
        raise rules.RepresentativeStateSame()
    representative.state = state.value
    representative.state_reason = reason
    representative.state_basis = basis
    representative.state_changed_at = clock.now()
    representative.version += 1
    db.session.flush()
    _announce_change(representative)


def _of_child(child_id: uuid.UUID, representative_id: uuid.UUID, pointer: str) -> Representative:
    representative = db.session.get(Representative, representative_id)
    if representative is None or representative.child_id != child_id:
        raise InvalidRequest.at(pointer, "representative-of-another-child")
    return representative


def _announce_change(representative: Representative) -> None:
    representation_changed.send(None, child_id=representative.child_id, representative_id=representative.id)
