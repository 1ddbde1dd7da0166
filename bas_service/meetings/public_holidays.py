"""Latvia's public holidays, days off that were moved included."""

from datetime import date
from functools import cache


@cache
def _of_year(year: int) -> frozenset[date]:
    # Loaded with the first meeting that is planned, not with the program: it knows the holidays of all countries.
    from holidays import country_holidays

    return frozenset(country_holidays("LV", years=year))


def is_public_holiday(day: date) -> bool:
    """Whether offices and schools are closed on a day by law."""
    return day in _of_year(day.year)
