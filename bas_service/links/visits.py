"""The verbs of whoever holds a link: come in, answer, say that it was read, take a consent back (D25, D29).

Each is called in a transaction of its own. What a refusal leaves behind (a wrong try) must be kept: such a refusal
is returned, not raised.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from bas_service import clock
from bas_service.access import attempts
from bas_service.announcements.confirming import confirm_read
from bas_service.children import service as children
from bas_service.children.models import Consent
from bas_service.children.queries import consent_in_sight, hold_child
from bas_service.children.rules import Means
from bas_service.database import db, new_id
from bas_service.duties import service as duties
from bas_service.duties.rules import DutyKind
from bas_service.errors import NotFound, Refusal
from bas_service.links import passes, queries, rules, showing
from bas_service.links.models import ConsentProof, LinkVisit
from bas_service.links.queries import Found
from bas_service.links.rules import Act, Answer, Did, FactorWrong, LinkDead, LinkPurpose, PageOver
from bas_service.links.showing import Inside, Shown
from bas_service.meetings import unreached
from bas_service.meetings.queries import planned_ahead
from bas_service.translation import Language


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Somebody at a link's page: the token in its address, what the form says, where they come from."""

    token: str
    language: Language | None
    address: str
    user_agent: str
    form: dict[str, str] = field(default_factory=dict)

    @property
    def token_digest(self) -> str:
        """By which the link is found."""
        return passes.digest_of_token(self.token)


def look(visit: Visit) -> Found:
    """The link whose page is opened; it is as it was afterwards. Raises ``LinkDead``, ``TooManyRequests``."""
    attempts.check_rate(visit.token_digest, address=visit.address, device_id=None)
    found = queries.open_link(visit.token_digest)
    if found is None or found.is_spent:
        raise LinkDead()
    return found


def act(visit: Visit) -> tuple[Found | None, Shown | Refusal]:
    """Do what a page's form asks for; the link, and what is shown next or why not.

    Raises ``TooManyRequests``.
    """
    attempts.check_rate(visit.token_digest, address=visit.address, device_id=None)
    found = queries.open_link(visit.token_digest)
    wanted = visit.form.get("action", "")
    # Of a link used up a moment ago the page that came of it is still there, and nothing else.
    if found is None or (found.is_spent and wanted not in _AFTER_THE_ANSWER):
        attempts.note_failure(visit.token_digest, address=visit.address)
        return None, LinkDead()
    queries.ask_by_link(visit.token_digest)
    try:
        if wanted == "open":
            return found, _enter(visit, found)
        verb = _VERBS.get((found.purpose, wanted))
        if verb is None:
            raise PageOver()
        return found, verb(visit, _inside(visit, found, visit.form.get("pass", "")))
    except PageOver as over:
        return found, over
    except NotFound:
        # Suspended, closed or withdrawn since this page was opened; or never theirs.
        return None, LinkDead()


def _inside(visit: Visit, found: Found, given: str) -> Inside:
    """Somebody with the pass they were given for this link; raises ``PageOver``."""
    passes.check_pass(visit.token_digest, given)
    return Inside(
        found=found,
        token_digest=visit.token_digest,
        page_pass=given,
        language=visit.language or found.language,
    )


def _enter(visit: Visit, found: Found) -> Shown | Refusal:
    """Let in whoever knows what the holder of this link must know."""
    refusal = _prove(visit, found)
    if refusal is not None:
        return refusal
    _note(visit, found, Did.OPENED)
    _let_rest_that_it_was_lost(found)
    return _show(visit, _inside(visit, found, passes.new_pass(visit.token_digest)))


def _let_rest_that_it_was_lost(found: Found) -> None:
    """Whoever comes in by a link has got it, whatever became of its message."""
    about = queries.what_is_asked(found.id)["id"] if found.purpose is LinkPurpose.CONSENT else found.id
    duties.let_lapse(DutyKind.LINK_NOT_ARRIVED, about_id=about)


def _show(_visit: Visit, inside: Inside) -> Shown:
    page = showing.request_page if inside.found.purpose is LinkPurpose.CONSENT else showing.see_page
    return page(inside)


def _answer(visit: Visit, inside: Inside) -> Shown:
    found = inside.found
    hold_child(found.child_id)
    asked = queries.what_is_asked(found.id)
    wording = showing.wording_of_request(inside, asked)
    passes.check_seal(visit.form.get("seal", ""), visit.token_digest, "answer", *wording)
    _spend(found, asked["id"])
    consent = _taken(found, asked) if visit.form["action"] == Answer.YES else None
    _write_answer(asked["id"], Answer(visit.form["action"]), consent)
    done = Act.AGREED if consent else Act.REFUSED
    _prove_for_good(visit, inside, done, wording, request_id=asked["id"], consent=consent)
    if consent is None:
        _raise(DutyKind.CONSENT_REFUSED, found, about_id=asked["id"])
    return showing.answered_page(inside)


def _taken(found: Found, asked: dict[str, Any]) -> Consent:
    given = {name: asked[name] for name in ("representative_id", "scope", "institution", "valid_until")}
    return children.take_consent(found.child_id, given | {"means": Means.LINK.value, "given_at": clock.now()})


def _answered(_visit: Visit, inside: Inside) -> Shown:
    if not inside.found.is_spent:
        raise PageOver()
    return showing.answered_page(inside)


def _confirm(visit: Visit, inside: Inside) -> Shown:
    found, shown = inside.found, visit.form.get("shown", "")
    passes.check_seal(visit.form.get("seal", ""), visit.token_digest, "read", shown)
    hold_child(found.child_id)
    # What was changed since the page was made was not read as it is now.
    present = {(meeting.id, meeting.telling) for meeting in planned_ahead(found.child_id)}
    read = [one for one in showing.tellings_in(shown) if one in present]
    confirm_read(read, child_id=found.child_id, representative_id=found.representative_id)
    _note(visit, found, Did.CONFIRMED)
    unreached.let_settled_lapse(found.child_id)
    return showing.see_page(inside)


def _ask_to_withdraw(visit: Visit, inside: Inside) -> Shown:
    return showing.withdrawal_page(inside, _own_consent(visit, inside.found))


def _withdraw(visit: Visit, inside: Inside) -> Shown | Refusal:
    found = inside.found
    consent = _own_consent(visit, found, lock=True)
    wording = showing.wording_of_withdrawal(inside, consent)
    passes.check_seal(visit.form.get("seal", ""), visit.token_digest, "withdraw", str(consent.id), *wording)
    refusal = _prove(visit, found)
    if isinstance(refusal, FactorWrong):
        return replace(showing.withdrawal_page(inside, consent), tries_left=refusal.members["tries"])
    if refusal is not None:
        return refusal
    # Twice is once: it is shown as withdrawn.
    if consent.withdrawn_at is None:
        children.withdraw_consent(consent)
        _prove_for_good(visit, inside, Act.WITHDREW, wording, consent=consent)
        _raise(DutyKind.CONSENT_WITHDRAWN, found, about_id=consent.id)
    return showing.withdrawn_page(inside, consent)


_VERBS: dict[tuple[LinkPurpose, str], Callable[[Visit, Inside], Shown | Refusal]] = {
    (LinkPurpose.CONSENT, "yes"): _answer,
    (LinkPurpose.CONSENT, "no"): _answer,
    (LinkPurpose.CONSENT, "answered"): _answered,
    (LinkPurpose.SEE, "read"): _confirm,
    **{(purpose, "show"): _show for purpose in LinkPurpose},
    **{(purpose, "withdrawing"): _ask_to_withdraw for purpose in LinkPurpose},
    **{(purpose, "withdraw"): _withdraw for purpose in LinkPurpose},
}
_AFTER_THE_ANSWER = {"answered", "withdrawing", "withdraw"}


def _prove(visit: Visit, found: Found) -> Refusal | None:
    """Count a wrong try, for the link and for where it came from; the refusal, when there is one."""
    spelled = rules.spelled_factor(visit.form.get("factor", ""), found.factor)
    given = passes.digest_of_factor(found.id, found.factor, spelled)
    outcome, tries_left = queries.prove_link(visit.token_digest, given)
    if outcome == "right":
        attempts.forget_failures(visit.token_digest, address=visit.address)
        return None
    attempts.note_failure(visit.token_digest, address=visit.address)
    return FactorWrong(tries=tries_left) if outcome == "wrong" and tries_left else LinkDead()


def _own_consent(visit: Visit, found: Found, *, lock: bool = False) -> Consent:
    """The consent that the form names, if its giver holds this link; raises ``NotFound``."""
    try:
        consent_id = uuid.UUID(visit.form.get("consent", ""))
    except ValueError:
        raise NotFound() from None
    consent = consent_in_sight(consent_id, lock=lock)
    if consent.representative_id != found.representative_id:
        raise NotFound()
    return consent


def _spend(found: Found, request_id: uuid.UUID) -> None:
    """Use the link up for answering: of two at the same moment one gets past this. Raises ``NotFound``."""
    spent = db.session.execute(
        text(
            "UPDATE links SET spent_at = :now WHERE id = :id AND spent_at IS NULL AND withdrawn_at IS NULL"
            " AND request_id = :request RETURNING id"
        ),
        {"id": found.id, "request": request_id, "now": clock.now()},
    )
    if spent.first() is None:
        raise NotFound()


def _write_answer(request_id: uuid.UUID, answer: Answer, consent: Consent | None) -> None:
    db.session.execute(
        text(
            "UPDATE consent_requests SET answer = :answer, answered_at = :now, consent_id = :consent,"
            " version = version + 1 WHERE id = :id"
        ),
        {
            "id": request_id,
            "answer": answer.value,
            "consent": consent.id if consent else None,
            "now": clock.now(),
        },
    )
    duties.let_lapse(DutyKind.CONSENT_UNANSWERED, about_id=request_id)


def _prove_for_good(
    visit: Visit,
    inside: Inside,
    done: Act,
    wording: tuple[str, ...],
    *,
    request_id: uuid.UUID | None = None,
    consent: Consent | None,
) -> None:
    """Keep what was shown and what was done, by whom, from where, so that nobody can say otherwise (D25)."""
    found = inside.found
    sent = queries.sent_to(found.id)
    proof = {
        "id": new_id(),
        "child_id": found.child_id,
        "representative_id": found.representative_id,
        "link_id": found.id,
        "request_id": request_id,
        "consent_id": consent.id if consent else None,
        "act": done.value,
        "at": clock.now(),
        "language": inside.language.value,
        "wording_version": rules.WORDING_VERSION,
        "wording": "\n".join(wording),
        "channel": sent["channel"],
        "sent_to": sent["recipient"],
        "factor": sent["factor"],
        "address": visit.address,
        "user_agent": visit.user_agent[: rules.MOST_USER_AGENT] or None,
    }
    db.session.add(ConsentProof(**proof, content_digest=passes.digest_of_proof(proof)))
    db.session.flush()


def _note(visit: Visit, found: Found, did: Did) -> None:
    db.session.add(
        LinkVisit(
            id=new_id(),
            link_id=found.id,
            child_id=found.child_id,
            representative_id=found.representative_id,
            at=clock.now(),
            did=did.value,
            address=visit.address,
        )
    )
    db.session.flush()


def _raise(kind: DutyKind, found: Found, *, about_id: uuid.UUID) -> None:
    responsible = queries.responsible_for(found.child_id)
    if responsible is not None:
        duties.raise_duty(
            kind,
            child_id=found.child_id,
            account_id=responsible["id"],
            about_id=about_id,
            due_at=clock.now() + timedelta(days=1),
            representative_id=str(found.representative_id),
        )
