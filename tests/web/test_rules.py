"""How a load reads, without a database."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bas_service.web.rules import Bar, Standing, bar_of, days_of_past_year, plot_of, standing_of, way_back

LIMITS = {"minimum": Decimal(6), "nominal": Decimal(10), "maximum": Decimal(12)}


@pytest.mark.parametrize(
    ("load", "standing"),
    [
        ("0", Standing.BELOW),
        ("5.75", Standing.BELOW),
        ("6", Standing.WITHIN),
        ("10", Standing.WITHIN),
        ("10.25", Standing.HIGH),
        ("12", Standing.HIGH),
        ("12.25", Standing.OVER),
    ],
)
def test_a_load_is_called_by_where_it_stands_between_the_limits(load: str, standing: Standing) -> None:
    assert standing_of(Decimal(load), **LIMITS) is standing


@pytest.mark.parametrize(
    ("today", "first", "in_february"),
    [
        (date(2026, 12, 31), date(2025, 12, 31), date(2026, 2, 28)),
        (date(2024, 2, 29), date(2023, 2, 28), date(2024, 2, 29)),
        (date(2024, 10, 30), date(2023, 10, 30), date(2024, 2, 29)),
        (date(2026, 11, 22), date(2025, 11, 22), date(2026, 2, 22)),
    ],
)
def test_a_year_has_thirteen_days_with_today_also_at_a_month_s_end(
    today: date, first: date, in_february: date
) -> None:
    days = days_of_past_year(today)

    assert [days[0], days[-1], len({(day.year, day.month) for day in days})] == [first, today, 13]
    assert in_february in days
    assert days == sorted(days)


def test_a_bar_has_its_marks_where_the_limits_are() -> None:
    assert bar_of(Decimal("6.6"), **LIMITS) == Bar(
        standing=Standing.WITHIN, load=50.0, minimum=45.45, nominal=75.76, maximum=90.91, would_be=None
    )


def test_a_load_far_above_the_maximum_makes_the_scale_longer() -> None:
    assert bar_of(Decimal(24), **LIMITS) == Bar(
        standing=Standing.OVER, load=100.0, minimum=25.0, nominal=41.67, maximum=50.0, would_be=None
    )


def test_what_would_be_added_is_judged_and_drawn_beyond_the_present_load() -> None:
    assert bar_of(Decimal(12), **LIMITS, would_be=Decimal(15)) == Bar(
        standing=Standing.OVER, load=80.0, minimum=40.0, nominal=66.67, maximum=80.0, would_be=100.0
    )


def history(*loads: float, maximum: float = 12) -> list[dict[str, Any]]:
    """So many days, thirty apart."""
    limits = LIMITS | {"maximum": Decimal(maximum)}
    return [
        {"on": date(2026, 1, 1) + timedelta(days=30 * number), "load": Decimal(str(load)), **limits}
        for number, load in enumerate(loads)
    ]


def test_a_plot_stands_on_its_days_and_figures() -> None:
    plot = plot_of(history(0, 6.6, 13.2))

    assert plot.load == "34.0,172.0 251.0,97.5 468.0,22.9"
    assert plot.maximum == "34.0,36.5 251.0,36.5 468.0,36.5"
    assert plot.end == (468.0, 22.9)
    assert [value for _, value in plot.scale] == [0.0, 6.0, 10.0, 12.0]
    assert plot.days == [(34.0, date(2026, 1, 1))]


def test_a_plot_of_a_single_day_or_of_nothing_but_zeros_is_drawn_too() -> None:
    assert plot_of(history(0)).load == "34.0,172.0"
    assert plot_of(history(0, 0)).load == "34.0,172.0 468.0,172.0"


@pytest.mark.parametrize(
    ("asked_for", "way"),
    [
        ("/team", "/team"),
        ("/team?order=load", "/team?order=load"),
        ("/team/specialists/01900000-0000-7000-8000-000000000001", None),
        ("", "/team"),
        ("/teams", "/team"),
        ("//example.com/team", "/team"),
        ("/team/../api", "/team"),
        ("/team\n", "/team"),
        ("https://example.com/team", "/team"),
    ],
)
def test_after_signing_in_somebody_is_led_to_our_pages_only(asked_for: str, way: str | None) -> None:
    assert way_back(asked_for) == (way or asked_for)
