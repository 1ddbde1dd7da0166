"""The verbs around wordings: see one beforehand, make it from a day on, take a prepared one back (D26)."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update

from bas_service import clock
from bas_service.announcements import template_rules
from bas_service.announcements.rules import Reason
from bas_service.announcements.template_models import MessageTemplate
from bas_service.announcements.template_rules import TemplateBegun
from bas_service.database import db, new_id
from bas_service.errors import InvalidRequest, NotFound
from bas_service.translation import Language


def template_on(day: date, reason: Reason, language: Language) -> str | None:
    """The wording in force on a day (in Riga); ``None`` where the service words it itself."""
    statement = (
        select(MessageTemplate.body)
        .where(
            MessageTemplate.reason == reason,
            MessageTemplate.language == language,
            MessageTemplate.valid_from <= day,
            MessageTemplate.withdrawn_at.is_(None),
        )
        .order_by(MessageTemplate.valid_from.desc())
        .limit(1)
    )
    return db.session.scalars(statement).first()


def all_templates() -> list[MessageTemplate]:
    """All wordings ever made, by reason and language, the one that begins last first."""
    order = (MessageTemplate.reason, MessageTemplate.language, MessageTemplate.valid_from.desc(), MessageTemplate.id)
    return list(db.session.scalars(select(MessageTemplate).order_by(*order)))


def preview(form: dict[str, Any], *, price: Decimal | None) -> dict[str, Any]:
    """What a wording would look like and cost beside the present one, and the mark to make it with.

    Raises ``InvalidRequest`` as making it would.
    """
    reason, language, body = form["reason"], form["language"], form["body"]
    template_rules.check_template(reason, body, language)
    present = template_on(clock.today(), reason, language)
    return {
        "samples": template_rules.samples_of(reason, language, body, present=present, price=price),
        "seen": template_rules.mark_of(reason, language, body),
    }


def make_template(form: dict[str, Any], *, by: uuid.UUID) -> MessageTemplate:
    """Make a wording that begins today or later; whoever makes it has seen it first.

    Raises ``InvalidRequest``, ``TemplateDateTaken``.
    """
    reason, language, body = form["reason"], form["language"], form["body"]
    template_rules.check_beginning(form["valid_from"], today=clock.today())
    template_rules.check_template(reason, body, language)
    if form["seen"] != template_rules.mark_of(reason, language, body):
        raise InvalidRequest.at("/seen", "template-not-seen")
    template = MessageTemplate(
        id=form.get("id") or new_id(),
        reason=reason.value,
        language=language.value,
        valid_from=form["valid_from"],
        body=body,
        created_at=clock.now(),
        created_by=by,
    )
    db.session.add(template)
    db.session.flush()
    return template


def withdraw_template(template_id: uuid.UUID, *, by: uuid.UUID) -> MessageTemplate:
    """Take a prepared wording back; raises ``NotFound``, ``TemplateBegun`` from its day on."""
    template = db.session.get(MessageTemplate, template_id)
    if template is None or template.withdrawn_at is not None:
        raise NotFound()
    if template.valid_from <= clock.today():
        raise TemplateBegun()
    statement = update(MessageTemplate).where(
        MessageTemplate.id == template_id, MessageTemplate.withdrawn_at.is_(None)
    )
    taken = statement.values(withdrawn_at=clock.now(), withdrawn_by=by).returning(MessageTemplate.id)
    if db.session.execute(taken).first() is None:
        # Somebody else was quicker.
        raise NotFound()
    db.session.refresh(template)
    return template
