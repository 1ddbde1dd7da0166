"""A rule in words, as a parent or a specialist would say it: "every Tuesday", "every month on the last Friday"."""

from datetime import date, datetime

from bas_service import clock
from bas_service.meetings.repetition import Rule
from bas_service.meetings.series_rules import Plan
from bas_service.translation import Language, text_of

WORKDAYS = (1, 2, 3, 4, 5)
ALL_DAYS = (1, 2, 3, 4, 5, 6, 7)
# A month may lack these: the meeting is left out then, and the words say so.
NOT_IN_EVERY_MONTH = (29, 30, 31, -29, -30, -31)


def words_of(plan: Plan, language: Language) -> str:
    """The whole rule: "every Tuesday, 12 times", "every 2 weeks on Monday until 30.06.2027"."""
    words = frequency_of(plan.rule, plan.first_day, language)
    if plan.rule.count is not None and plan.last_day is None:
        return text_of(language, "rule-times", words=words, times=plan.rule.count)
    until = plan.rule.until
    last_day = clock.in_riga(until).date() if isinstance(until, datetime) else until
    ends = [day for day in (last_day, plan.last_day) if day is not None]
    if ends:
        return text_of(language, "rule-until", words=words, day=f"{min(ends):%d.%m.%Y}")
    return words


def words_for_a_family(plan: Plan, *, horizon: date, language: Language) -> str | None:
    """What a text about the first meeting adds: the frequency, and the last day where there is one.

    ``None`` when nothing follows the first meeting. Nothing is told of what is left out: each meeting is told anyway.
    """
    if plan.next_day(after=plan.first_day, until=horizon) is None:
        return None
    last_day = plan.ends_on(horizon=horizon)
    words = frequency_of(plan.rule, plan.first_day, language)
    if last_day is None:
        return text_of(language, "announcement-repeats", words=words)
    day = f"{last_day.day}.{last_day.month}."
    if last_day.year != plan.first_day.year:
        day += str(last_day.year)
        # The sentence's own full stop: a day without a year brings one along.
        day += "."
    return text_of(language, "announcement-repeats-until", words=words, day=day)


def frequency_of(rule: Rule, first_day: date, language: Language) -> str:
    """How often and on which days, without an end."""
    weekdays = tuple(day for place, day in rule.weekdays if place is None)
    if rule.frequency == "DAILY":
        return _on_weekdays(weekdays, language) if weekdays else _every("day", rule.interval, language)
    if rule.frequency == "WEEKLY":
        days = weekdays or (first_day.isoweekday(),)
        if rule.interval == 1:
            return _on_weekdays(days, language)
        on = _joined([text_of(language, f"on-weekday-{day}") for day in days], language)
        return text_of(language, "rule-on", every=_every("week", rule.interval, language), on=on)
    if weekdays and not rule.places:
        if rule.interval == 1:
            return _on_weekdays(weekdays, language)
        on = _on_weekdays(weekdays, language)
    else:
        on = _joined(_in_month(rule, first_day, weekdays, language), language)
    return text_of(language, "rule-on", every=_every("month", rule.interval, language), on=on)


def _every(unit: str, interval: int, language: Language) -> str:
    if interval == 1:
        return text_of(language, f"rule-every-{unit}")
    return text_of(language, f"rule-every-so-many-{unit}s", interval=interval)


def _on_weekdays(days: tuple[int, ...], language: Language) -> str:
    if days == ALL_DAYS:
        return text_of(language, "rule-every-day")
    if days == WORKDAYS:
        return text_of(language, "rule-monday-to-friday")
    return text_of(language, "rule-weekdays", days=_joined(_each(days, language), language))


def _each(days: tuple[int, ...], language: Language) -> list[str]:
    return [text_of(language, f"each-weekday-{day}") for day in days]


def _in_month(rule: Rule, first_day: date, weekdays: tuple[int, ...], language: Language) -> list[str]:
    """Each day of the month: "on day 5", "on the last day", "on the second Tuesday"."""
    if rule.places and len(weekdays) > 1:
        days = "workdays" if weekdays == WORKDAYS else "these"
        named = ", ".join(text_of(language, f"named-weekday-{day}") for day in weekdays)
        return [text_of(language, f"rule-place-among-{days}", nth=_place(place), days=named) for place in rule.places]
    placed = [(place, day) for place, day in rule.weekdays if place is not None]
    placed += [(place, weekdays[0]) for place in rule.places]
    if placed:
        return [text_of(language, "rule-placed-weekday", nth=_place(place), iso_weekday=day) for place, day in placed]
    return [_month_day(day, language) for day in rule.month_days or (first_day.day,)]


def _month_day(day: int, language: Language) -> str:
    words = text_of(language, "rule-month-day", day=day) if day > 0 else ""
    if day < 0:
        words = text_of(language, "rule-last-day" if day == -1 else "rule-day-from-end", day=-day)
    if day in NOT_IN_EVERY_MONTH:
        return text_of(language, "rule-where-there-is-one", words=words)
    return words


def _place(place: int) -> int:
    # Texts choose by numbers: 0 stands for the last.
    return max(place, 0)


def _joined(words: list[str], language: Language) -> str:
    if len(words) == 1:
        return words[0]
    return text_of(language, "rule-and", several=", ".join(words[:-1]), last=words[-1])
