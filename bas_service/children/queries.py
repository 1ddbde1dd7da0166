"""Reads of children and of those who represent them; row-level security leaves what the asker may see."""

import uuid
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select

from bas_service import clock
from bas_service.children.models import Child, Consent, Representative
from bas_service.children.rules import (
    ConsentGiven,
    Representation,
    RepresentativeState,
    Scope,
    may_be_told,
    not_reached_because,
    search_key_of,
)
from bas_service.database import Base, db, rows
from bas_service.errors import NotFound
from bas_service.http.looks import looked_at
from bas_service.sealing import opened

Row = TypeVar("Row", bound=Base)


def hold_child(child_id: uuid.UUID) -> None:
    """Let nobody else change anything around this child until the transaction ends; raises ``NotFound``.

    Whoever plans a meeting, changes one, changes who represents the child or who is responsible, holds the
    child first and other rows after it: so none of them misses what another one writes (a representative
    added while a meeting is planned), and none waits for another in a circle.
    """
    lock_child(child_id)
    # Whoever had to wait sees as it was before the wait: the child may be somebody else's by now. So look again.
    if not rows("SELECT id FROM children WHERE id = :id", id=child_id):
        raise NotFound()


def lock_child(child_id: uuid.UUID) -> None:
    """Hold a child, for those whose next statement looks again whether it is in sight; raises ``NotFound``."""
    if not rows("SELECT id FROM children WHERE id = :id FOR NO KEY UPDATE", id=child_id):
        raise NotFound()
    looked_at([child_id])


def child_in_sight(child_id: uuid.UUID, *, lock: bool = False) -> Child:
    """The child; raises ``NotFound`` when there is none that this account may see."""
    if lock:
        hold_child(child_id)
    found = db.session.get(Child, child_id)
    if found is None:
        raise NotFound()
    looked_at([child_id])
    return found


def representative_in_sight(representative_id: uuid.UUID, *, lock: bool = False) -> Representative:
    """A representative of a child in sight, with the child held when it is to be changed; ``NotFound``."""
    return of_child_in_sight(Representative, representative_id, lock=lock)


def consent_in_sight(consent_id: uuid.UUID, *, lock: bool = False) -> Consent:
    """A consent for a child in sight, with the child held when it is to be changed; ``NotFound``."""
    return of_child_in_sight(Consent, consent_id, lock=lock)


def of_child_in_sight(model: type[Row], row_id: uuid.UUID, *, lock: bool) -> Row:
    """A row that belongs to a child in sight; with ``lock`` the child is held and the row read after that."""
    found = db.session.get(model, row_id)
    if found is None:
        raise NotFound()
    looked_at([found.child_id])  # type: ignore[attr-defined]
    if lock:
        hold_child(found.child_id)  # type: ignore[attr-defined]
        # What was read before the child was held may be old by now.
        db.session.refresh(found)
    return found


def children_page(*, after: list[Any] | None, limit: int, search: str | None) -> list[dict[str, Any]]:
    """Children in sight in the order of a Latvian register, one more than ``limit`` when there are more."""
    conditions, values = ["true"], {}
    if after is not None:
        conditions.append("(sort_key, id) > (:after_key, :after_id)")
        values = {"after_key": after[0], "after_id": after[1]}
    for number, word in enumerate(search_key_of(search or "").split()):
        conditions.append(f"strpos(search_key, :word_{number}) > 0")
        values[f"word_{number}"] = word
    found = rows(
        f"SELECT * FROM children WHERE {' AND '.join(conditions)} ORDER BY sort_key, id LIMIT :limit",  # noqa: S608
        sealed={name: f"children.{name}" for name in ("personal_code", "home_address", "school")},
        limit=limit + 1,
        **values,
    )
    looked_at(row["id"] for row in found[:limit])
    return found


# Each channel that a representative chose, in their order, that somebody carries and that is not barred there.
_REACH = """
    SELECT r.*, p.id IS NOT NULL AS place_protected, ARRAY(
        SELECT way.channel FROM unnest(r.channels) WITH ORDINALITY AS way(channel, place)
        JOIN channel_states c ON c.channel = way.channel AND c.carried
        WHERE CASE way.channel WHEN 'sms' THEN r.phone ELSE r.email END IS NOT NULL AND NOT EXISTS (
            SELECT FROM barred_addresses b WHERE b.lifted_at IS NULL AND b.channel = way.channel
            AND b.address_digest = CASE way.channel WHEN 'sms' THEN r.phone_digest ELSE r.email_digest END)
            AND NOT place_kept_from_address(
                r.child_id, CASE way.channel WHEN 'sms' THEN r.phone_digest ELSE r.email_digest END)
        ORDER BY way.place) AS reachable,
        place_kept_from_address(r.child_id, r.phone_digest) OR place_kept_from_address(r.child_id, r.email_digest)
            AS shares_address,
        ARRAY(SELECT b.channel || ':' || b.reason FROM barred_addresses b WHERE b.lifted_at IS NULL
            AND b.address_digest IN (r.phone_digest, r.email_digest) ORDER BY b.barred_at, b.id) AS bars
    FROM representatives r LEFT JOIN protected_places p ON p.from_representative_id = r.id
    WHERE r.child_id = :child ORDER BY r.created_at, r.id
"""


def representatives_with_reach(child_id: uuid.UUID) -> list[dict[str, Any]]:
    """Everybody who represents or represented the child, and by which channels they are reached today, or why not.

    One statement, however many they are.
    """
    found = rows(
        _REACH,
        sealed={name: f"representatives.{name}" for name in ("phone", "email", "state_reason", "state_basis")},
        child=child_id,
    )
    for row in found:
        because = not_reached_because(
            representation_of(row),
            on=clock.today(),
            has_channel=bool(row["reachable"]),
            shares_address=row["shares_address"],
        )
        row["not_reached_because"] = because
        row["reachable"] = [] if because else row["reachable"]
        row["barred"] = [dict(zip(("channel", "reason"), bar.split(":"), strict=True)) for bar in row["bars"]]
    return found


def others_concerned(child_id: uuid.UUID, representative_id: uuid.UUID) -> list[uuid.UUID]:
    """Whoever else represents a child whose places are kept from somebody.

    They may get, or lose, a number that the other one has, too, and with it what may be written there (D29).
    """
    found = rows(
        "SELECT id FROM representatives WHERE child_id = :child AND id <> :representative AND state = 'active'"
        " AND EXISTS (SELECT FROM protected_places WHERE child_id = :child) ORDER BY created_at, id",
        child=child_id,
        representative=representative_id,
    )
    return [row["id"] for row in found]


def consents_of(child_id: uuid.UUID) -> list[Consent]:
    """All consents for the child, in the order they were entered."""
    statement = select(Consent).where(Consent.child_id == child_id)
    return list(db.session.scalars(statement.order_by(Consent.created_at, Consent.id)))


def representatives_to_tell(child_id: uuid.UUID, *, on: date) -> list[dict[str, Any]]:
    """Those who may be told where the child will be on a day, and whether they must be (D6, D29)."""
    found = rows(
        "SELECT r.id, r.name, r.phone, r.email, r.language, r.channels, r.state, r.valid_from, r.valid_until,"
        " p.id IS NOT NULL AS place_protected, must_be_told(r.relation) AS must_be_told"
        " FROM representatives r LEFT JOIN protected_places p ON p.from_representative_id = r.id"
        " WHERE r.child_id = :child AND r.state = 'active' ORDER BY r.created_at, r.id",
        sealed={"phone": "representatives.phone", "email": "representatives.email"},
        child=child_id,
    )
    return [row for row in found if may_be_told(representation_of(row), on=on)]


def representation_of(row: dict[str, Any]) -> Representation:
    """The part of a representative's row that decides whether they may be told."""
    return Representation(
        state=RepresentativeState(row["state"]),
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        place_protected=row["place_protected"],
    )


_CONSENTS = """
    SELECT c.scope, c.institution, c.given_at, c.valid_until, c.withdrawn_at
    FROM consents c JOIN representatives r ON r.id = c.representative_id
    WHERE c.child_id = :child AND (c.withdrawn_at IS NULL OR c.withdrawn_at > {at})
        AND (r.state = 'active' OR r.state_changed_at > {at})
        AND r.valid_from <= :day AND (r.valid_until IS NULL OR r.valid_until >= :day)
"""
# Those of this moment as JSON, for ``consents_in``: a column of a statement that asks anyway.
CONSENTS_ON = f"(SELECT coalesce(jsonb_agg(to_jsonb(one)), '[]') FROM ({_CONSENTS.format(at='now()')}) one)"  # noqa: S608


def consents_in_force(child_id: uuid.UUID, *, on: date, at: datetime | None = None) -> list[ConsentGiven]:
    """Consents not withdrawn, given by somebody whose representation is in force on the day (D7).

    Those included that were in force still at the moment ``at``: withdrawn, or the representation suspended, later.
    """
    found = rows(
        _CONSENTS.format(at=":at"),
        sealed={"institution": "consents.institution"},
        child=child_id,
        day=on,
        at=at or clock.now(),
    )
    return [ConsentGiven(**row | {"scope": Scope(row["scope"])}) for row in found]


def consents_in(spelled: list[dict[str, Any]]) -> list[ConsentGiven]:
    """What a statement with the column ``CONSENTS_ON`` says."""
    return [
        ConsentGiven(
            scope=Scope(row["scope"]),
            institution=opened(row["institution"], "consents.institution"),
            given_at=datetime.fromisoformat(row["given_at"]),
            valid_until=row["valid_until"] and date.fromisoformat(row["valid_until"]),
            withdrawn_at=None,
        )
        for row in spelled
    ]


def consents_over(child_id: uuid.UUID) -> list[tuple[ConsentGiven, date, date | None]]:
    """Consents not withdrawn, each with the period in which whoever gave it represents the child (D7)."""
    found = rows(
        "SELECT c.scope, c.institution, c.given_at, c.valid_until, c.withdrawn_at,"
        " r.valid_from AS represents_from, r.valid_until AS represents_until"
        " FROM consents c JOIN representatives r ON r.id = c.representative_id"
        " WHERE c.child_id = :child AND c.withdrawn_at IS NULL AND r.state = 'active'",
        sealed={"institution": "consents.institution"},
        child=child_id,
    )
    return [
        (
            ConsentGiven(
                scope=Scope(row["scope"]),
                **{name: row[name] for name in ("institution", "given_at", "valid_until", "withdrawn_at")},
            ),
            row["represents_from"],
            row["represents_until"],
        )
        for row in found
    ]
