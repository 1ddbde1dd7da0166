"""Waking what lies in reserve for another channel, when the message by the first one did not arrive (D6).

A message in doubt is never repeated by its own channel for this; by another one it is, as soon as nobody looks it up
any more or the meeting is near: told twice does less harm than not told.
"""

import logging
from datetime import timedelta
from typing import Any

from bas_service.database import rows
from bas_service.messaging import rules

log = logging.getLogger(__name__)

# A message that waits for a channel that does not work, or failed too often, while its meeting comes near. It is
# withdrawn, or the parent would read it once more when the channel works again.
_GIVEN_UP = """
    UPDATE messages SET state = 'withdrawn', error_code = 'channel-stopped' WHERE id IN (
        SELECT x.id FROM messages x JOIN channel_states c ON c.channel = x.channel
        WHERE x.state = 'queued' AND x.useful_until > now() + :least
            AND (x.useful_until <= now() + :near OR x.wanted_by <= now() + :near)
            AND (x.next_attempt_at <= now() + :longest_wait OR x.attempts > 0) AND x.created_at <= now() - :patience
            -- One that goes out once more has as long again.
            AND (x.first_provider_id IS NULL OR x.due_at <= now() - :patience)
            AND (NOT c.carried OR c.state <> 'closed' AND c.since <= now() - :patience OR x.attempts > 0)
            AND EXISTS (SELECT FROM messages s WHERE s.spare_for_id = x.id AND s.state = 'spare')
        FOR UPDATE OF x SKIP LOCKED)
    RETURNING id
"""
# Final, given up above, in doubt for good or too near to wait, or handed over and not confirmed for long; the last
# are looked for among those of a day.
_DID_NOT_ARRIVE = """
    SELECT unnest(CAST(:given_up AS uuid[]))
    UNION ALL
    SELECT x.id FROM messages x WHERE x.useful_until > now() + :least AND (x.state = 'failed'
        OR x.state = 'uncertain' AND (
            x.next_attempt_at IS NULL OR x.useful_until <= now() + :near OR x.wanted_by <= now() + :near))
    UNION ALL
    SELECT x.id FROM messages x WHERE x.state = 'handed_over' AND x.channel = 'sms'
        AND x.handed_over_at BETWEEN now() - interval '1 day' AND now() - :patience
"""
_WAKE = f"""
    UPDATE messages SET state = 'queued', next_attempt_at = greatest(next_attempt_at, now()),
        due_at = greatest(next_attempt_at, now()) WHERE id IN (
        SELECT s.id FROM messages s WHERE s.state = 'spare' AND s.useful_until > now() + :least
            AND s.spare_for_id IN ({_DID_NOT_ARRIVE})
        FOR UPDATE OF s SKIP LOCKED)
    RETURNING id
"""  # noqa: S608


def fail_over(*, patience: timedelta, near: timedelta) -> int:
    """Wake the messages in reserve whose turn has come; gives how many.

    ``patience`` is how long a channel may take to work again, or a receipt to come; ``near`` how long before it stops
    being of use a message counts as urgent. What is woken is looked at like any other before it goes out.
    """
    values: dict[str, Any] = {"patience": patience, "near": near, "least": rules.LEAST_TIME_FOR_A_REPEAT}
    given_up = [row["id"] for row in rows(_GIVEN_UP, **values, longest_wait=rules.LONGEST_BACK_OFF)]
    woken = len(rows(_WAKE, **values, given_up=given_up))
    if woken:
        log.warning("%d messages go out by another channel; %d gave theirs up", woken, len(given_up))
    return woken
