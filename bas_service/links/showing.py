"""What a link's pages show once its holder has proven who they are: as little as does the job (D29, D31)."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bas_service import clock
from bas_service.announcements.queries import confirmed_by
from bas_service.announcements.rules import Told, duration_of, place_of
from bas_service.children.models import Consent
from bas_service.children.queries import consents_of
from bas_service.children.rules import Scope, may_be_told
from bas_service.errors import NotFound
from bas_service.links import passes, queries, rules
from bas_service.links.queries import Found
from bas_service.links.rules import Asked, Contact
from bas_service.meetings.models import Meeting
from bas_service.meetings.queries import planned_ahead
from bas_service.translation import Language


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A page: its template, language, what is on it; ``again`` are the fields that show it in another language.

    ``tries_left`` when what its holder had to say once more was wrong.
    """

    template: str
    language: Language
    again: dict[str, str]
    values: dict[str, Any]
    tries_left: int | None = None


@dataclass(frozen=True, kw_only=True)
class Inside:
    """Somebody who has proven to hold a link, and until when (the pass says) they need not do so again."""

    found: Found
    token_digest: str
    page_pass: str
    language: Language


def request_page(inside: Inside) -> Shown:
    """What is asked, word for word, and the two answers."""
    asked = queries.what_is_asked(inside.found.id)
    wording = wording_of_request(inside, asked)
    return _page(
        inside,
        "link_consent.html",
        "show",
        wording=wording,
        seal=passes.seal_of(inside.token_digest, "answer", *wording),
    )


def answered_page(inside: Inside) -> Shown:
    """What was answered; a consent can be taken back right away."""
    asked = queries.what_is_asked(inside.found.id)
    return _page(
        inside,
        "link_answered.html",
        "answered",
        answer=asked["answer"],
        answered_at=asked["answered_at"],
        consent_id=asked["consent_id"],
        wording=wording_of_request(inside, asked),
    )


def see_page(inside: Inside) -> Shown:
    """What is planned with the child, as far as this representative may know, and their consents in force."""
    found, language = inside.found, inside.language
    place_protected = queries.has_protected_place(found.id)
    planned = _planned_for(found)
    confirmed = confirmed_by(found.representative_id, [meeting.id for meeting in planned])
    called = queries.contacts([meeting.specialist_id for meeting in planned])
    given_name = queries.given_name_of(found.child_id)
    shown = ",".join(f"{meeting.id}:{meeting.telling}" for meeting in planned)
    return _page(
        inside,
        "link_see.html",
        "show",
        name=given_name,
        meetings=[
            _line_of(
                meeting,
                contact=called[meeting.specialist_id],
                language=language,
                place_protected=place_protected,
                confirmed_at=confirmed.get((meeting.id, meeting.telling)),
            )
            for meeting in planned
        ],
        # Whoever is not told places is not told of meetings either: there is nothing for them to confirm.
        may_confirm=not place_protected and any((one.id, one.telling) not in confirmed for one in planned),
        shown=shown,
        seal=passes.seal_of(inside.token_digest, "read", shown),
        consents=[
            {
                "id": consent.id,
                "given_at": consent.given_at,
                "scope": consent.scope,
                "institution": None if place_protected else consent.institution,
                "valid_until": consent.valid_until,
            }
            for consent in consents_of(found.child_id)
            if _is_in_force(consent, found)
        ],
    )


def withdrawal_page(inside: Inside, consent: Consent) -> Shown:
    """What is taken back, word for word; whoever does proves once more who they are."""
    if consent.withdrawn_at is not None:
        return withdrawn_page(inside, consent)
    wording = wording_of_withdrawal(inside, consent)
    page = _page(
        inside,
        "link_withdraw.html",
        "withdrawing",
        wording=wording,
        factor=inside.found.factor,
        consent_id=consent.id,
        back_to="show" if inside.found.purpose is rules.LinkPurpose.SEE else "answered",
        seal=passes.seal_of(inside.token_digest, "withdraw", str(consent.id), *wording),
    )
    return replace(page, again=page.again | {"consent": str(consent.id)})


def withdrawn_page(inside: Inside, consent: Consent) -> Shown:
    """That it is taken back, and when."""
    page = _page(
        inside,
        "link_withdrawn.html",
        "withdrawing",
        wording=wording_of_withdrawal(inside, consent),
        withdrawn_at=consent.withdrawn_at,
        is_see=inside.found.purpose is rules.LinkPurpose.SEE,
    )
    return replace(page, again=page.again | {"consent": str(consent.id)})


def wording_of_request(inside: Inside, asked: dict[str, Any]) -> tuple[str, ...]:
    """Sentence by sentence, what is asked; the proof keeps the same."""
    responsible = queries.responsible_for(inside.found.child_id)
    if responsible is None:
        raise NotFound()
    return rules.wording_of_request(
        Asked(
            given_name=asked["given_name"],
            scope=Scope(asked["scope"]),
            institution=asked["institution"],
            place_protected=False,
            valid_until=asked["valid_until"],
        ),
        purpose=asked["purpose"],
        asker=asked["asker"],
        contact=Contact(name=responsible["name"], phone=responsible["phone"]),
        language=inside.language,
    )


def wording_of_withdrawal(inside: Inside, consent: Consent) -> tuple[str, ...]:
    """Sentence by sentence, what is taken back; the proof keeps the same."""
    asked = Asked(
        given_name=queries.given_name_of(inside.found.child_id),
        scope=Scope(consent.scope),
        institution=consent.institution,
        place_protected=queries.has_protected_place(inside.found.id),
        valid_until=consent.valid_until,
    )
    given_at = clock.in_riga(consent.given_at).date()
    return rules.wording_of_withdrawal(asked, given_at=given_at, language=inside.language)


def tellings_in(shown: str) -> Iterator[tuple[uuid.UUID, int]]:
    """Which telling of which meetings a page showed; the text is ours, its seal was looked at."""
    for one in shown.split(",") if shown else ():
        meeting_id, _, telling = one.partition(":")
        yield uuid.UUID(meeting_id), int(telling)


def _page(inside: Inside, template: str, action: str, **values: Any) -> Shown:
    again = {"action": action, "pass": inside.page_pass}
    return Shown(template=template, language=inside.language, again=again, values=values)


def _planned_for(found: Found) -> list[Meeting]:
    """The next meetings on days on which this person represents the child."""
    to = queries.addressee(found.representative_id)
    if to is None:
        raise NotFound()
    represents = replace(to.representation, place_protected=False)
    planned = [
        meeting
        for meeting in planned_ahead(found.child_id)
        if may_be_told(represents, on=clock.in_riga(meeting.starts_at).date())
    ]
    return planned[: rules.MOST_MEETINGS]


def _line_of(
    meeting: Meeting, *, contact: Contact, language: Language, place_protected: bool, confirmed_at: datetime | None
) -> dict[str, Any]:
    return {
        "starts_at": meeting.starts_at,
        "duration": duration_of(meeting.expected_minutes, language),
        "place": None if place_protected else place_of(_told(meeting, contact), language),
        "specialist": contact.name,
        "phone": contact.phone,
        "confirmed_at": confirmed_at,
    }


def _told(meeting: Meeting, contact: Contact) -> Told:
    return Told(
        given_name="",
        kind=meeting.kind,
        starts_at=meeting.starts_at,
        expected_minutes=meeting.expected_minutes,
        place_type=meeting.place_type,
        place_name=meeting.place_name,
        place_address=meeting.place_address,
        specialist_name=contact.name,
        specialist_phone=contact.phone,
    )


def _is_in_force(consent: Consent, found: Found) -> bool:
    return (
        consent.representative_id == found.representative_id
        and consent.withdrawn_at is None
        and (consent.valid_until is None or consent.valid_until >= clock.today())
    )
