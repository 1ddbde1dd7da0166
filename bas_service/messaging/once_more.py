"""One more text to the same number, when the provider reports that it did not arrive for a reason that may pass (D6).

A phone that is off, a network that is full: once the text goes out again, if that is still of use; only when it does
not arrive either the next channel has its turn. The message stays the same row and remembers its first try, so there
is never a third one, whoever looks and whatever ends meanwhile.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from bas_service.database import db, rows
from bas_service.messaging import rules
from bas_service.messaging.service import StillRight

log = logging.getLogger(__name__)

# Afterwards there must be time for the next channel as there was before.
_AGAIN = """
    UPDATE messages SET state = 'queued', next_attempt_at = now() + :pause, due_at = now() + :pause,
        first_provider_id = provider_id, first_error_code = :error, first_handed_over_at = handed_over_at,
        provider_id = NULL, handed_over_at = NULL, checks = 0, error_code = :error
    WHERE id = :id AND channel = 'sms' AND first_provider_id IS NULL
        AND state IN ('queued', 'sending', 'uncertain', 'handed_over')
        AND least(useful_until, wanted_by) > now() + :pause + :patience + :least
"""
# Whatever is believed of the second try by now: the family was told, and by the first one.
_ARRIVED_AFTER_ALL = """
    UPDATE messages SET state = 'delivered', delivered_at = :received, handed_over_at = first_handed_over_at,
        next_attempt_at = NULL, error_code = NULL,
        out_after_all_at = CASE WHEN state IN ('withdrawn', 'failed') THEN now() END
    WHERE id = :id AND state <> 'delivered'
"""


@dataclass(frozen=True, kw_only=True)
class OnceMore:
    """On which terms a text goes out once more: after a ``pause``, and when ``patience`` is left for it to arrive.

    Whoever posted it is asked whether it is ``still_right``.
    """

    still_right: Mapping[str, StillRight]
    pause: timedelta
    patience: timedelta


def send_once_more(receipt: dict[str, Any], terms: OnceMore) -> bool:
    """Queue the message that a receipt says did not arrive for its second and last try; gives whether it is.

    The receipt is the provider's own word: the message has its ``provider_id`` already.
    """
    if receipt["error_code"] not in rules.ONCE_MORE_CODES:
        return False
    message_id = receipt["message_id"]
    poster = rows("SELECT poster FROM messages WHERE id = :id", id=message_id)[0]["poster"]
    # Of a poster that is not known here the next version's worker would know; to fail over is never wrong.
    ask = terms.still_right.get(poster)
    if ask is None or message_id not in ask([message_id]):
        return False
    code = receipt["error_code"]
    pause = max(terms.pause, rules.REST.get(code, terms.pause))
    values = {"id": message_id, "error": code, "pause": pause, "patience": terms.patience}
    again = _run(_AGAIN, **values, least=rules.LEAST_TIME_FOR_A_REPEAT)
    if again:
        log.warning("message %s did not arrive (%s); it is sent once more", message_id, code)
    return again


def first_try_reported(receipt: dict[str, Any], *, delivered: bool) -> bool:
    """Whether a receipt is about the first try of a message that goes out once more; that it arrived counts."""
    message_id = receipt["message_id"]
    found = rows(
        "SELECT id FROM messages WHERE id = :id AND first_provider_id = :provider",
        id=message_id,
        provider=receipt["provider_id"],
    )
    if found and delivered and _run(_ARRIVED_AFTER_ALL, id=message_id, received=receipt["received_at"]):
        log.info("message %s arrived after all, by its first try", message_id)
    return bool(found)


def _run(statement: str, **values: Any) -> bool:
    return bool(db.session.execute(text(statement), values).rowcount)  # type: ignore[attr-defined]
