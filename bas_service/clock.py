"""What time it is: every moment is aware and kept in UTC; "today" is a day in Riga."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

RIGA = ZoneInfo("Europe/Riga")
# A phone's clock may differ from ours by so much without anybody noticing: what it says is not refused for that.
PHONE_OFF_BY = timedelta(minutes=2)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present day in Riga: between midnight there and midnight in UTC the two differ."""
    return now().astimezone(RIGA).date()


def in_riga(moment: datetime) -> datetime:
    """The same moment as a clock on a wall in Riga shows it."""
    return moment.astimezone(RIGA)
