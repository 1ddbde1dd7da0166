"""What time it is: every moment is aware and kept in UTC; "today" is a day in Riga."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

RIGA = ZoneInfo("Europe/Riga")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present day in Riga: between midnight there and midnight in UTC the two differ."""
    return now().astimezone(RIGA).date()


def in_riga(moment: datetime) -> datetime:
    """The same moment as a clock on a wall in Riga shows it."""
    return moment.astimezone(RIGA)
