"""The verbs of staff: ask for a consent, take the question back, send a link that shows what is planned (D25)."""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text

from bas_service import clock
from bas_service.caseload.models import Case
from bas_service.caseload.queries import open_case_of
from bas_service.caseload.rules import NoOpenCase
from bas_service.caseload.service import case_closing
from bas_service.children.rules import may_be_told
from bas_service.children.service import representation_changed
from bas_service.database import db, new_id, rows
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.errors import InvalidRequest
from bas_service.links import queries, rules
from bas_service.links.models import ConsentRequest, Link
from bas_service.links.passes import digest_of_factor, digest_of_proof, digest_of_token, new_token
from bas_service.links.queries import Addressee
from bas_service.links.rules import DIGITS, Factor, LinkPurpose
from bas_service.messaging import service as messaging
from bas_service.messaging.queries import barred_among, is_carried
from bas_service.messaging.rules import Channel
from bas_service.messaging.service import NewMessage
from bas_service.translation import text_of

# As whom the worker asks about what is posted here.
POSTER = "links"
_OF_A_QUESTION = (DutyKind.CONSENT_REFUSED, DutyKind.CONSENT_UNANSWERED, DutyKind.LINK_NOT_ARRIVED)
_ENDED = "withdrawn_at IS NULL AND spent_at IS NULL AND locked_at IS NULL AND expires_at > :now"


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who sends a link, how long it is good for, and at which address the pages are."""

    account_id: uuid.UUID
    name: str
    kept: timedelta
    address: str


def ask_consent(child_id: uuid.UUID, form: dict[str, Any], *, sender: Sender) -> ConsentRequest:
    """Ask a representative of a held child for a consent, by a link in a message of its own (D25).

    Raises ``NoOpenCase``; ``InvalidRequest`` for somebody who may not be told where the child will be, or cannot be
    reached this way, and for an end before today.
    """
    to = _addressee_of(child_id, form["representative_id"], "/representative_id")
    if not may_be_told(to.representation, on=clock.today()):
        raise InvalidRequest.at("/representative_id", "representative-not-to-be-asked")
    valid_until = form.get("valid_until")
    if valid_until and valid_until < clock.today():
        raise InvalidRequest.at("/valid_until", "end-before-beginning")
    request = ConsentRequest(
        **{"id": new_id(), "institution": None, "valid_until": None}
        | {name: form[name] for name in form if name != "channel"},
        child_id=child_id,
        created_at=clock.now(),
        created_by=sender.account_id,
        expires_at=_good_until(clock.now() + sender.kept, valid_until, to.representation.valid_until),
        version=1,
    )
    _let_earlier_questions_rest(request)
    db.session.add(request)
    db.session.flush()
    letter = _Letter(
        id=new_id(),
        purpose=LinkPurpose.CONSENT,
        to=to,
        channel=form["channel"],
        representative_id=request.representative_id,
        request_id=request.id,
        expires_at=request.expires_at,
    )
    _send(letter, sender=sender)
    return request


def withdraw_request(request: ConsentRequest, *, by: uuid.UUID) -> None:
    """Take a question of a held child back: its link is dead from now on. Raises ``ConsentRequestEnded``."""
    line = queries.request_line(request.id)
    rules.check_open(queries.progress_of(line), now=clock.now())
    request.withdrawn_at = clock.now()
    request.withdrawn_by = by
    request.version += 1
    db.session.flush()
    duties.let_lapse(DutyKind.CONSENT_UNANSWERED, DutyKind.LINK_NOT_ARRIVED, about_id=request.id)
    _end_links("request_id = :request", request=request.id)


def send_see_link(
    representative_id: uuid.UUID, form: dict[str, Any], *, child_id: uuid.UUID, sender: Sender
) -> uuid.UUID:
    """Send a representative of a held child a link to what is planned; it takes an earlier one's place (D6).

    Raises ``NoOpenCase``; ``InvalidRequest`` for somebody who does not represent the child today, or cannot be
    reached this way.
    """
    to = _addressee_of(child_id, representative_id, "/representative_id")
    # Somebody from whom a place is protected may know when, and never where: the page sees to that (D29).
    if not may_be_told(replace(to.representation, place_protected=False), on=clock.today()):
        raise InvalidRequest.at("/representative_id", "representative-not-to-be-asked")
    _end_links("representative_id = :representative AND purpose = 'see'", representative=representative_id)
    letter = _Letter(
        id=form.get("id") or new_id(),
        purpose=LinkPurpose.SEE,
        to=to,
        channel=form["channel"],
        representative_id=representative_id,
        expires_at=_good_until(clock.now() + sender.kept, to.representation.valid_until),
    )
    _send(letter, sender=sender)
    return letter.id


def proofs_of(consent_id: uuid.UUID) -> list[dict[str, Any]]:
    """The proofs of a consent in sight, each with whether it still says what was written down."""
    return [
        proof | {"unaltered": proof["content_digest"] == digest_of_proof(proof)}
        for proof in queries.proofs_of(consent_id)
    ]


def listen() -> None:
    """Follow what happens on lower floors; called once where the application is put together."""
    representation_changed.connect(_on_representation_changed, weak=False)
    case_closing.connect(_on_case_closing, weak=False)


def _on_representation_changed(_sender: Any, *, child_id: uuid.UUID, **_more: Any) -> None:
    # For good: what was asked of somebody suspended is asked anew when they represent the child again (D29). That
    # of others too: from now on somebody may read at their number who must not learn a place.
    _end_links("child_id = :child AND NOT link_lives(links)", child=child_id)


def _on_case_closing(_sender: Any, *, case: Case, cancel: bool, reason: str) -> None:  # noqa: ARG001
    _end_links("child_id = :child", child=case.child_id)


def _end_links(which: str, **values: Any) -> None:
    """End links that could still be used, what is asked through them, and their messages that have not gone out."""
    values |= {"now": clock.now()}
    ended = rows(
        f"UPDATE links SET withdrawn_at = :now WHERE {_ENDED} AND {which} RETURNING id, request_id",  # noqa: S608
        **values,
    )
    if not ended:
        return
    ids = [row["id"] for row in ended]
    db.session.execute(
        text(
            "UPDATE consent_requests SET withdrawn_at = :now, version = version + 1"
            " WHERE answered_at IS NULL AND withdrawn_at IS NULL"
            " AND id IN (SELECT request_id FROM links WHERE id = ANY(:ids))"
        ),
        {"now": values["now"], "ids": ids},
    )
    messaging.withdraw("SELECT unnest(CAST(:ids AS uuid[]))", ids=ids)
    about = [row["request_id"] or row["id"] for row in ended]
    duties.let_lapse(DutyKind.LINK_NOT_ARRIVED, about_ids=about)


def _good_until(latest: datetime, *last_days: date | None) -> datetime:
    """When a link ends: at the latest with the last of these days, of the consent or of the representation."""
    ends = [datetime.combine(day + timedelta(days=1), time(), clock.RIGA) for day in last_days if day is not None]
    return min(latest, *ends) if ends else latest


def _let_earlier_questions_rest(request: ConsentRequest) -> None:
    """Asked anew: that the same was refused, or not answered, before is nobody's task any more."""
    earlier = db.session.scalars(
        text("SELECT id FROM consent_requests WHERE representative_id = :representative AND scope = :scope"),
        {"representative": request.representative_id, "scope": request.scope},
    )
    for request_id in earlier:
        duties.let_lapse(*_OF_A_QUESTION, about_id=request_id)


def _addressee_of(child_id: uuid.UUID, representative_id: uuid.UUID, pointer: str) -> Addressee:
    if open_case_of(child_id) is None:
        raise NoOpenCase()
    found = queries.addressee(representative_id)
    if found is None or found.child_id != child_id:
        raise InvalidRequest.at(pointer, "representative-of-another-child")
    return found


@dataclass(frozen=True, kw_only=True)
class _Letter:
    """A link about to be sent."""

    purpose: LinkPurpose
    to: Addressee
    channel: Channel
    representative_id: uuid.UUID
    expires_at: datetime
    request_id: uuid.UUID | None = None
    id: uuid.UUID


def _send(letter: _Letter, *, sender: Sender) -> None:
    """Post the message that carries a link, and keep of the link what recognises it; raises ``InvalidRequest``."""
    recipient, digest = letter.to.reached_at[letter.channel]
    if not recipient or not digest:
        lacking = "phone-needed-for-sms" if letter.channel is Channel.SMS else "email-needed-for-email"
        raise InvalidRequest.at("/channel", lacking)
    if not is_carried(letter.channel):
        raise InvalidRequest.at("/channel", "channel-not-offered")
    # Whoever answered STOP, or whose number is another's by now, gets no link either.
    if barred_among([(letter.channel, digest)]):
        raise InvalidRequest.at("/channel", "address-barred")
    # What is asked names a place; the page of what is planned leaves places out for whoever reads there (D29).
    if letter.purpose is LinkPurpose.CONSENT and letter.channel in letter.to.kept:
        raise InvalidRequest.at("/channel", "address-kept")
    token, factor = new_token(), rules.factor_of(letter.channel)
    known = recipient[-DIGITS:] if factor is Factor.PHONE_DIGITS else letter.to.birth_date
    messaging.post([_message_of(letter, recipient, token=token, sender=sender)])
    link = Link(
        id=letter.id,
        child_id=letter.to.child_id,
        representative_id=letter.representative_id,
        purpose=letter.purpose.value,
        request_id=letter.request_id,
        token_digest=digest_of_token(token),
        factor=factor.value,
        factor_digest=digest_of_factor(letter.id, factor, known),
        channel=letter.channel.value,
        recipient=recipient,
        recipient_digest=digest,
        created_at=clock.now(),
        created_by=sender.account_id,
        expires_at=letter.expires_at,
        wrong_tries=0,
    )
    db.session.add(link)
    db.session.flush()


def _message_of(letter: _Letter, recipient: str, *, token: str, sender: Sender) -> NewMessage:
    address = f"{sender.address}/l/{token}"
    return NewMessage(
        id=letter.id,
        poster=POSTER,
        subject_id=letter.to.child_id,
        channel=letter.channel,
        recipient=recipient,
        subject_line=None if letter.channel is Channel.SMS else text_of(letter.to.language, "link-from"),
        body=rules.message_of(letter.purpose, specialist=sender.name, link=address, language=letter.to.language),
        not_before=clock.now(),
        useful_until=letter.expires_at,
        needed=True,
    )
