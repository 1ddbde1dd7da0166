"""What a presented token is, and how long somebody waits who guessed too often."""

from datetime import UTC, datetime, timedelta

import pytest

from bas_service.access.rules import Standing, TokenIdentity, standing_of, wait_after

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pair", "used", "standing"),
    [
        (("first", None), None, Standing.CURRENT),
        (("first", None), "first", Standing.ANSWER_LOST),
        (("second", "first"), "first", Standing.CURRENT),
        (("another second", "first"), "first", Standing.CURRENT),
        (("second", "first"), "second", Standing.ANSWER_LOST),
        (("first", None), "second", Standing.REUSED),
        (("another second", "first"), "second", Standing.REUSED),
        (("first", None), "third", Standing.REUSED),
    ],
)
def test_a_refresh_token_is_judged_by_the_last_one_known_to_be_used(
    pair: tuple[str, str | None], used: str | None, standing: Standing
) -> None:
    assert standing_of(TokenIdentity(id=pair[0], parent=pair[1]), used) is standing


def test_nine_failures_cost_no_wait_and_the_tenth_does() -> None:
    failures = [NOW - timedelta(minutes=10) + timedelta(seconds=second) for second in range(10)]

    assert wait_after(failures[:9], 10, NOW) is None
    assert wait_after(failures, 10, NOW) == 5 * 60 + 1


def test_the_wait_ends_when_the_tenth_failure_back_no_longer_counts() -> None:
    failures = [NOW - timedelta(minutes=14, seconds=59)] * 5 + [NOW - timedelta(seconds=30)] * 10

    assert wait_after(failures, 10, NOW) == 14 * 60 + 30 + 1
    assert wait_after([NOW - timedelta(minutes=15)] * 10, 10, NOW) == 1
