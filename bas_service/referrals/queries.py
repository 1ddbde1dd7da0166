"""Reads of referrals, forms and the waiting list; row-level security leaves what the asker may see."""

import json
import uuid
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import select

from bas_service import clock
from bas_service.caseload.queries import check_decides_on_case
from bas_service.children.queries import hold_child
from bas_service.children.rules import age_on
from bas_service.database import db, rows
from bas_service.errors import NotFound
from bas_service.http.looks import looked_at
from bas_service.referrals.models import Referral, Screening, ScreeningForm
from bas_service.referrals.rules import Outcome, judge, question_of


def referral_in_sight(referral_id: uuid.UUID, *, lock: bool = False) -> Referral:
    """A referral; when it is to be changed, its child (if there is one) and itself are held.

    Raises ``NotFound``, and ``NotAllowed`` when the child is seen but is for others to decide about.
    """
    found = db.session.get(Referral, referral_id)
    if found is None:
        raise NotFound()
    if lock:
        if found.child_id is not None:
            hold_child(found.child_id)
            check_decides_on_case(found.child_id)
        this = select(Referral).where(Referral.id == referral_id)
        db.session.execute(this.with_only_columns(Referral.id).with_for_update(key_share=True))
        # Whoever had to wait sees as it was before the wait: by now the referral may have a child. So look again.
        found = db.session.scalars(this.execution_options(populate_existing=True)).first()
        if found is None:
            raise NotFound()
    # A child gets the id of the referral it came with: until then the referral's stands for it in the trace.
    looked_at([found.child_id or found.id])
    return found


def form_on(day: date) -> ScreeningForm:
    """The screening form in force on a day (in Riga)."""
    statement = select(ScreeningForm).where(ScreeningForm.valid_from <= day)
    found = db.session.scalars(statement.order_by(ScreeningForm.valid_from.desc()).limit(1)).first()
    if found is None:
        raise NotFound()
    return found


def forms() -> list[ScreeningForm]:
    """All screening forms, the one that begins last first."""
    return list(db.session.scalars(select(ScreeningForm).order_by(ScreeningForm.valid_from.desc())))


def form_begun(form_id: uuid.UUID) -> ScreeningForm | None:
    """A form that is, or was, in force: answers given offline may come after the next one began."""
    found = db.session.get(ScreeningForm, form_id)
    return found if found is not None and found.valid_from <= clock.today() else None


def screening_of(referral: Referral) -> tuple[Screening, Outcome] | None:
    """The answers saved last for a referral, and what they say; one statement."""
    statement = (
        select(Screening, ScreeningForm)
        .join(ScreeningForm, ScreeningForm.id == Screening.form_id)
        .where(Screening.referral_id == referral.id)
        .order_by(Screening.created_at.desc(), Screening.id.desc())
        .limit(1)
    )
    found = db.session.execute(statement).first()
    if found is None:
        return None
    screening, form = found
    outcome = judge(
        [question_of(question) for question in form.questions],
        json.loads(screening.answers),
        ages=(form.least_age, form.most_age),
        birth_date=referral.birth_date,
        received_on=referral.received_on,
    )
    return screening, outcome


def view_of(referral: Referral) -> dict[str, Any]:
    """A referral as it goes out: two statements, for its screening and for those who might be the same child."""
    columns = {column.name: getattr(referral, column.name) for column in Referral.__table__.columns}
    duplicates, is_known_elsewhere = duplicates_of(referral.id)
    return columns | {
        "referred_by": referral.referred_by,
        "screening": _screening_view(referral),
        "possible_duplicates": duplicates,
        "known_elsewhere": is_known_elsewhere,
    }


def _screening_view(referral: Referral) -> dict[str, Any] | None:
    found = screening_of(referral)
    if found is None:
        return None
    screening, outcome = found
    return {
        "form_id": screening.form_id,
        "answers": json.loads(screening.answers),
        "created_at": screening.created_at,
        "created_by": screening.created_by,
        "outcome": asdict(outcome),
    }


# The function sees every child and gives ids; the joins see what the asking account may, and give names.
_DUPLICATES = """
    SELECT d.child_id AS somebody, d.because, c.id AS child_id, r.id AS referral_id,
        coalesce(c.given_name, r.given_name) AS given_name, coalesce(c.family_name, r.family_name) AS family_name,
        coalesce(c.birth_date, r.birth_date) AS birth_date
    FROM possible_duplicates(:referral) d
    LEFT JOIN children c ON c.id = d.child_id LEFT JOIN referrals r ON r.id = d.referral_id
    ORDER BY d.because = 'personal_code' DESC, d.child_id IS NULL, d.child_id, d.referral_id
"""


def duplicates_of(referral_id: uuid.UUID) -> tuple[list[dict[str, Any]], bool]:
    """Who in sight might be the same child, and whether there is somebody out of sight who might.

    Of a child out of sight nothing is said but that, and its trace shows who has asked (D32).
    """
    found = rows(_DUPLICATES, referral=referral_id)
    looked_at(row["somebody"] or row["referral_id"] for row in found)
    in_sight = [row for row in found if row["child_id"] or row["referral_id"]]
    return in_sight, len(in_sight) < len(found)


def referrals_page(
    *, state: str | None, municipality: str | None, after: list[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Referrals in sight, the latest received first, one more than ``limit`` when there are more."""
    conditions = ["true"]
    values: dict[str, Any] = {}
    if state is not None:
        conditions.append("state = :state")
        values["state"] = state
    if municipality is not None:
        conditions.append("municipality = :municipality")
        values["municipality"] = municipality
    if after is not None:
        conditions.append("(received_on, id) < (:after_day, :after_id)")
        values |= {"after_day": after[0], "after_id": after[1]}
    found = rows(
        "SELECT id, state, priority, received_on, given_name, family_name, birth_date, municipality, child_id,"  # noqa: S608
        f" version FROM referrals WHERE {' AND '.join(conditions)} ORDER BY received_on DESC, id DESC LIMIT :limit",
        limit=limit + 1,
        **values,
    )
    looked_at(row["child_id"] or row["id"] for row in found[:limit])
    return found


# Two kinds of children wait: those accepted who have no case yet (entered directly, or come with a referral, or with
# several: then the most urgent one counts, and the time since the first), and those about whom "waiting" was decided.
_WAITING = """
    WITH accepted AS (
        SELECT DISTINCT ON (child_id) child_id, id, version, priority,
            min(received_on) OVER (PARTITION BY child_id) AS since
        FROM referrals WHERE state = 'accepted' AND waited_until IS NULL
        ORDER BY child_id, array_position(ARRAY['urgent', 'high', 'normal'], priority), received_on, id),
    waiting AS (
        SELECT 'case' AS waits_for, c.id AS child_id, a.id AS referral_id, a.version, c.given_name, c.family_name,
            c.birth_date, c.municipality, c.language, coalesce(a.priority, 'normal') AS priority,
            coalesce(a.since, CAST(c.created_at AT TIME ZONE 'Europe/Riga' AS date)) AS waiting_since
        FROM children c LEFT JOIN accepted a ON a.child_id = c.id
        WHERE c.id IN (SELECT id FROM children WHERE waiting UNION ALL SELECT child_id FROM accepted)
            AND c.erased_at IS NULL
        UNION ALL
        SELECT 'decision', NULL, id, version, given_name, family_name, birth_date, municipality, language, priority,
            received_on FROM referrals WHERE state = 'waiting'),
    ranked AS (
        SELECT *, coalesce(child_id, referral_id) AS id,
            array_position(ARRAY['urgent', 'high', 'normal'], priority) AS rank FROM waiting)
    SELECT * FROM ranked WHERE {conditions} ORDER BY rank, waiting_since, id LIMIT :limit
"""


def waiting_page(*, municipality: str | None, after: list[Any] | None, limit: int) -> list[dict[str, Any]]:
    """The waiting list: by priority, then whoever waits longest; one more than ``limit`` when there are more."""
    conditions = ["true"]
    values: dict[str, Any] = {}
    if municipality is not None:
        conditions.append("municipality = :municipality")
        values["municipality"] = municipality
    if after is not None:
        conditions.append("(rank, waiting_since, id) > (:after_rank, :after_day, :after_id)")
        values |= dict(zip(("after_rank", "after_day", "after_id"), after, strict=True))
    found = rows(_WAITING.format(conditions=" AND ".join(conditions)), limit=limit + 1, **values)
    looked_at(row["id"] for row in found[:limit])
    today = clock.today()
    return [
        row
        | {
            "referral": row["referral_id"] and {"id": row["referral_id"], "version": row["version"]},
            "age": row["birth_date"] and age_on(today, row["birth_date"]),
            "waiting_days": (today - row["waiting_since"]).days,
        }
        for row in found
    ]
