"""When representatives are told: not at night, not too late, and how long it is still of use (D6, D26)."""

from datetime import UTC, date, datetime, time, timedelta

from bas_service import clock
from bas_service.announcements.rules import Reason, TellingPolicy, Told
from bas_service.messaging.rules import Quiet

# Somebody whose representation begins later is told on the morning of that day, not at midnight.
MORNING = time(8, 0)
# But in time for a meeting of that early morning: after its start the text would be of no use to anybody.
LEAST_AHEAD = timedelta(hours=1)
# A meeting called off at the last moment, or when it should be under way: the text is of use for a while yet.
CANCELLATION_OF_USE = timedelta(hours=2)
# That the child is back is news as long after it was; in quiet hours only for so long: who waits up is told.
RETURN_OF_USE = timedelta(hours=2)
RETURN_AT_NIGHT = timedelta(minutes=30)
# Whoever was told less than a day before the start needs no reminder.
REMINDED_WHEN_TOLD_BEFORE = timedelta(hours=24)


def not_before(valid_from: date, starts_at: datetime, now: datetime) -> datetime:
    """From when on somebody may be told: now, or the morning on which their representation begins (D29)."""
    if valid_from <= clock.in_riga(now).date():
        return now
    midnight, morning = _on_the_wall(valid_from, time()), _on_the_wall(valid_from, MORNING)
    return max(midnight, min(morning, starts_at - LEAST_AHEAD))


def outside_quiet_hours(at: datetime, starts_at: datetime, policy: TellingPolicy) -> datetime:
    """When a message that could go out at a moment may disturb a family: then, or when the quiet hours end.

    At once when the meeting is urgent, or so early that the morning would be too late. By the clock on the wall in
    Riga, also in the nights in which it is put forward or back.
    """
    ends = None if policy.is_urgent(starts_at, at) else quiet_until(at, policy)
    return at if ends is None or starts_at < ends + LEAST_AHEAD else ends


def quiet_until(at: datetime, policy: TellingPolicy) -> datetime | None:
    """When the quiet hours end in which a moment lies; ``None`` outside of them."""
    if policy.quiet_from is None or policy.quiet_until is None:
        return None
    today = clock.in_riga(at).date()
    # What began yesterday may still last.
    for day in (today - timedelta(days=1), today):
        over_midnight = policy.quiet_from > policy.quiet_until
        begins = _on_the_wall(day, policy.quiet_from)
        ends = _on_the_wall(day + timedelta(days=over_midnight), policy.quiet_until, last=True)
        if begins <= at < ends:
            return ends
    return None


def quiet_at(now: datetime, policy: TellingPolicy) -> Quiet | None:
    """What may still go out in quiet hours, whenever and for whatever reason it comes to its turn; else ``None``."""
    ends = quiet_until(now, policy)
    if ends is None:
        return None
    return Quiet(until=ends, unless_before=max(ends + LEAST_AHEAD, now + timedelta(minutes=policy.urgent_minutes)))


def _on_the_wall(day: date, hour: time, *, last: bool = False) -> datetime:
    """When the clocks in Riga show an hour of a day, in UTC: for the first time, or the ``last`` of two in autumn.

    An hour that is left out in spring is when the clocks are put forward past it: at 01:00 UTC, by European law.
    """
    moment = datetime.combine(day, hour, tzinfo=clock.RIGA).replace(fold=int(last)).astimezone(UTC)
    if clock.in_riga(moment).time() == hour:
        return moment
    return datetime.combine(day, time(1), tzinfo=UTC)


def settled(reason: Reason, at: datetime, starts_at: datetime, policy: TellingPolicy) -> datetime:
    """When a change may go out: after a while in which another one may follow, and at once when it is urgent."""
    if reason is not Reason.CHANGED or policy.is_urgent(starts_at, at):
        return at
    return at + timedelta(seconds=policy.settle_seconds)


def reminded_at(starts_at: datetime, told_at: datetime, now: datetime, policy: TellingPolicy) -> datetime | None:
    """When somebody who is told now, or was, is reminded; ``None`` when they are not, or it is past."""
    if policy.reminder_minutes is None or starts_at - told_at <= REMINDED_WHEN_TOLD_BEFORE:
        return None
    at = starts_at - timedelta(minutes=policy.reminder_minutes)
    return at if at > now else None


def is_still_news(reason: Reason, told: Told, now: datetime, policy: TellingPolicy) -> bool:
    """Whether it is worth a text: nothing is sent about what is past, nor at night what was some time ago."""
    if reason is Reason.CANCELLED:
        return told.ends_at > now
    if reason is not Reason.RETURNED:
        return True
    return now - told.ends_at <= (RETURN_AT_NIGHT if quiet_until(now, policy) else RETURN_OF_USE)


def useful_until(reason: Reason, told: Told, now: datetime) -> datetime:
    """Until when the message is of use: nothing arrives after the start, except that plans fell through.

    A cancellation is of use for a while yet, until the meeting would be over at most; the word that it takes longer
    until the child is back, and that they are for some time after it.
    """
    if reason is Reason.CANCELLED:
        return max(told.starts_at, min(now + CANCELLATION_OF_USE, told.ends_at))
    if reason is Reason.RETURNED:
        return told.ends_at + RETURN_OF_USE
    return told.ends_at if reason is Reason.EXTENDED else told.starts_at
