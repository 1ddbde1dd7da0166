"""Moments are aware and in UTC; a day is a day in Riga."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from bas_service import clock


def test_now_is_this_moment_in_utc() -> None:
    before = datetime.now(UTC)
    now = clock.now()

    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        # Two hours ahead in winter, three in summer; so the day changes before it does in UTC.
        (datetime(2026, 1, 1, 21, 59, 59, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 1, 1, 22, 0, tzinfo=UTC), date(2026, 1, 2)),
        (datetime(2026, 7, 1, 20, 59, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 21, 0, tzinfo=UTC), date(2026, 7, 2)),
        # The nights in which clocks change: on 29 March to summer time, on 25 October back.
        (datetime(2026, 3, 28, 22, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 21, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 21, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 21, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 0, tzinfo=UTC), date(2026, 10, 26)),
        (datetime(2026, 12, 31, 22, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_today_is_the_day_in_riga(monkeypatch: pytest.MonkeyPatch, moment: datetime, day: date) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)

    assert clock.today() == day


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "2026-03-29T02:59:00+02:00"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "2026-03-29T04:00:00+03:00"),
        (datetime(2026, 10, 25, 0, 59, tzinfo=UTC), "2026-10-25T03:59:00+03:00"),
        (datetime(2026, 10, 25, 1, 0, tzinfo=UTC), "2026-10-25T03:00:00+02:00"),
        (datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=-4))), "2026-07-01T19:00:00+03:00"),
    ],
)
def test_a_clock_on_a_wall_in_riga_follows_summer_time(moment: datetime, shown: str) -> None:
    in_riga = clock.in_riga(moment)

    # Compared as numbers: two zones never agree on an hour that comes twice (PEP 495).
    assert (in_riga.isoformat(), in_riga.timestamp()) == (shown, moment.timestamp())
