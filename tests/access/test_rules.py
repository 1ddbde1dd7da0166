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


def test_a_few_failures_cost_no_wait_and_then_it_doubles_up_to_the_longest() -> None:
    def wait(failures: int, *, ago: timedelta = timedelta(0)) -> int:
        longest = timedelta(minutes=15)
        return wait_after([NOW - ago] * failures, free=5, longest=longest, now=NOW)

    assert [wait(failures) for failures in (0, 4, 5, 6, 7, 10, 14, 15, 100)] == [0, 0, 1, 2, 4, 32, 512, 900, 900]
    assert wait(10, ago=timedelta(seconds=30)) == 2
    assert wait(10, ago=timedelta(seconds=40)) == 0
