"""Whatever was worked, whenever: by week, by child and by specialist it adds up to the same true minutes (D8)."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.builders import House
from tests.callers import Phone, done
from tests.hours.conftest import Recorded

RIGA = ZoneInfo("Europe/Riga")
MINUTE = timedelta(minutes=1)
# Moments near which counting goes wrong: both changes of the clocks (each on a Sunday, hours before the week ends),
# the midnight after each, the year's end, the end of a common week.
NEAR = [
    datetime(2025, 3, 30, 1, tzinfo=UTC),
    datetime(2025, 10, 26, 1, tzinfo=UTC),
    datetime(2025, 3, 31, tzinfo=RIGA).astimezone(UTC),
    datetime(2025, 10, 27, tzinfo=RIGA).astimezone(UTC),
    datetime(2026, 1, 1, tzinfo=RIGA).astimezone(UTC),
    datetime(2025, 3, 10, tzinfo=RIGA).astimezone(UTC),
]
FIRST, LAST = date(2025, 3, 5), date(2026, 1, 3)
MEASURES = ("with_children_minutes", "partners_minutes", "total_minutes")

meetings = st.tuples(
    st.sampled_from(NEAR),
    # Seconds from there to the beginning, and from the beginning to the end.
    st.integers(-6 * 3600, 6 * 3600),
    st.integers(0, 30 * 3600),
    st.integers(0, 2),
)
lines = st.tuples(st.dates(FIRST, date(2025, 11, 20)), st.integers(1, 1440), st.sampled_from([None, 0, 1, 2]))


def full_minutes(begun: datetime, ended: datetime) -> Iterator[date]:
    """The day in Riga on which each minute of a meeting was full; at midnight the day before."""
    for number in range(1, int((ended - begun) / MINUTE) + 1):
        yield (begun + number * MINUTE - timedelta(microseconds=1)).astimezone(RIGA).date()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(meetings, max_size=5), st.lists(lines, max_size=4))
@example([(moment, -90 * 60, 3 * 3600, 0) for moment in NEAR], [])
def test_the_hours_of_weeks_of_children_and_of_a_specialist_are_the_same_true_minutes(
    house: House,
    supervisor: Phone,
    specialist: Phone,
    colleague: Phone,
    recorded: Recorded,
    held: list[tuple[datetime, int, int, int]],
    noted: list[tuple[date, int, int | None]],
) -> None:
    house.sql("DELETE FROM partner_work; DELETE FROM meetings")
    families = families_of(house, supervisor, specialist, colleague)
    weeks: Counter[str] = Counter()
    children: Counter[str | None] = Counter()
    for near, before, lasting, number in held:
        begun = near + timedelta(seconds=before)
        recorded(specialist, families[number], begun, begun + timedelta(seconds=lasting))
        for day in full_minutes(begun, begun + timedelta(seconds=lasting)):
            if FIRST <= day <= LAST:
                weeks[named(day)] += 1
                children[families[number]["child"]["id"]] += 1
    partners = 0
    for day, minutes, number in noted:
        child = None if number in {None, 2} else families[number]["child"]
        house.some_work(specialist, child, minutes=minutes, day=day.isoformat())
        weeks[named(day)] += minutes
        children[child["id"] if child else None] += minutes
        partners += minutes

    found = {by: asked(specialist, by) for by in ("week", "child", "specialist")}

    assert {row["week"]["name"]: row["total_minutes"] for row in found["week"]["items"] if row["total_minutes"]} == {
        week: minutes for week, minutes in weeks.items() if minutes
    }
    # The third child is the colleague's by now: whom these hours were spent on is not said, and that they were is.
    gone = families[2]["child"]["id"]
    expected = {child: minutes for child, minutes in children.items() if minutes and child != gone}
    by_child = {
        row["child"]["id"] if row["child"] else row["nameless"]: row["total_minutes"]
        for row in found["child"]["items"]
        if row["total_minutes"]
    }
    moved = {"out_of_sight": children[gone]} if children[gone] else {}
    nobody = {"no_child": expected.pop(None)} if None in expected else {}
    assert by_child == expected | moved | nobody
    (alone,) = found["specialist"]["items"]
    counts = {sums(one["items"]) for one in found.values()}
    whole = (sum(weeks.values()) - partners, partners, sum(weeks.values()))
    assert counts == {whole} == {tuple(one["total"][name] for name in MEASURES) for one in found.values()}
    assert tuple(alone[name] for name in MEASURES) == whole
    assert asked(supervisor, "specialist", specialist_id=str(specialist.account_id)) == found["specialist"]


def families_of(house: House, supervisor: Phone, specialist: Phone, colleague: Phone) -> list[dict[str, Any]]:
    """Three families of the specialist's, made once; the third has moved to the colleague since."""
    if not hasattr(house, "kept_families"):
        kept = [house.a_family(supervisor, specialist) for _ in range(3)]
        to = {"to_specialist_id": str(colleague.account_id), "reason": "Atvaļinājums"}
        done(supervisor.act(f"cases/{kept[2]['case']['id']}/transfer", kept[2]["case"], to))
        house.kept_families = kept  # type: ignore[attr-defined]
    return house.kept_families  # type: ignore[attr-defined,no-any-return]


def asked(phone: Phone, by: str, **more: str) -> dict[str, Any]:
    query = "".join(f"&{name}={value}" for name, value in more.items())
    return done(phone.get(f"hours?from={FIRST}&to={LAST}&limit=200&by={by}{query}"))


def sums(items: list[dict[str, Any]]) -> tuple[int, ...]:
    return tuple(sum(row[name] for row in items) for name in MEASURES)


def named(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"
