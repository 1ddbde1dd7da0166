"""The verbs: repeat a meeting, look at it beforehand, change it from some day on, call it off (D6, D11)."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import update

from bas_service import clock
from bas_service.announcements import service as announcements
from bas_service.caseload.models import Case
from bas_service.caseload.rules import NoOpenCase
from bas_service.caseload.service import case_closing
from bas_service.children.queries import child_in_sight, hold_child
from bas_service.children.service import consents_changed
from bas_service.database import db, new_id, rows
from bas_service.duties import service as duties
from bas_service.errors import InvalidRequest
from bas_service.meetings import rules, series_changing, series_queries
from bas_service.meetings.models import Meeting
from bas_service.meetings.policies import POLICY_ON
from bas_service.meetings.policy_rules import policy_of
from bas_service.meetings.repetition import check_first_day, first_day_from, moment_of
from bas_service.meetings.rules import Warned
from bas_service.meetings.series_laying import LaidOut, Remarks, days_without_consent, lay_out, look_again_at_consents
from bas_service.meetings.series_models import Series
from bas_service.meetings.series_rules import (
    PREVIEWED,
    Plan,
    SeriesOver,
    SeriesState,
    WhyNot,
    check_since,
    last_day_of_childhood,
    rule_of,
)
from bas_service.meetings.series_stopping import stop_of
from bas_service.meetings.series_warnings import as_shown, days_warned_of, occasions_of
from bas_service.meetings.series_words import frequency_of, words_of
from bas_service.meetings.service import columns_of
from bas_service.meetings.telling import parties_of
from bas_service.meetings.warning_rules import Occasion
from bas_service.meetings.week_rules import Span, day_of
from bas_service.translation import Language, text_of

_CASE = f"SELECT id, specialist_id, {POLICY_ON} AS policy FROM cases WHERE child_id = :child AND state = 'open'"  # noqa: S608
_SCHEDULE = ("rule", "starts_at", "except_dates")
# What to know of some days, as it goes out.
Warnings = list[dict[str, Any]]


def plan_series(form: dict[str, Any], *, by: uuid.UUID) -> tuple[Series, Warnings]:
    """Repeat a meeting with a child in sight; what is near is laid out at once, and told as ``lay_out`` says.

    Gives the series and what to know of the days laid out. The meetings are the responsible specialist's, also when
    a substitute plans them. A day that clashes refuses nothing: it is listed. An accompaniment to which nobody has
    agreed on any of these days is none (D7).
    Raises ``InvalidRequest``, ``NoOpenCase``, ``ConsentMissing``, ``NotFound``.
    """
    hold_child(form["child_id"])
    parties = parties_of(form["child_id"])
    birth_date = _birth_date_of(form["child_id"])
    series = _series_of(form, case_id=parties["case_id"], birth_date=birth_date, by=by)
    db.session.add(series)
    db.session.flush()
    laid_out = lay_out(series, parties, birth_date=birth_date, remarks=_remarks_of(form))
    if laid_out.refused and set(laid_out.refused.values()) == {WhyNot.CONSENT_MISSING} and not laid_out.meetings:
        raise rules.ConsentMissing()
    return series, _warnings_of(laid_out, parties, child_id=series.child_id)


def preview_series(form: dict[str, Any], *, by: uuid.UUID, language: Language) -> dict[str, Any]:
    """What a series would be: its occasions up to a year ahead, and which cannot be planned; nothing is written.

    Raises what planning it would.
    """
    child = child_in_sight(form["child_id"])
    found = rows(_CASE, child=form["child_id"], policy_day=clock.today())
    if not found:
        raise NoOpenCase()
    series = _series_of(form, case_id=found[0]["id"], birth_date=child.birth_date, by=by)
    plan = series.plan
    until = min(clock.today() + PREVIEWED, last_day_of_childhood(child.birth_date))
    occasions = _occasions_of(series, specialist_id=found[0]["specialist_id"], until=until)
    clashes = sum(one["why"] is not None for one in occasions)
    goes_on = plan.next_day(after=until, until=last_day_of_childhood(child.birth_date)) is not None
    summary = text_of(
        language,
        "series-summary",
        words=frequency_of(plan.rule, plan.first_day, language),
        clock=f"{plan.clock:%H:%M}",
        times=len(occasions),
        within="a-year" if goes_on else "all",
        clashes=clashes,
    )
    return {
        "rule_in_words": words_of(plan, language),
        "summary": summary,
        "times": len(occasions),
        "clashes": clashes,
        "goes_on": goes_on,
        "occasions": occasions,
        "warnings": as_shown(_warned_beforehand(series, form, occasions, holder=found[0])),
    }


def change_series(series: Series, form: dict[str, Any], *, by: uuid.UUID) -> tuple[Series, Warnings]:
    """Change what is planned ahead of a locked, running series, from some day on or all of it.

    Gives what goes on, and what to know of the days that must be told anew or are new. From a day on, another series
    continues this one, which ends the day before. What a meeting has of its own stays, and so does what has begun. A
    family is told of what it knows already, and of nothing else.
    Raises ``InvalidRequest``, ``SeriesOver``, ``ConsentMissing``.
    """
    _check_running(series)
    since = form.get("since") or clock.today()
    check_since(since, today=clock.today())
    birth_date, parties = _birth_date_of(series.child_id), parties_of(series.child_id)
    before, plan = series.plan, _plan_after(series.plan, form, since=since)
    if plan is None:
        raise SeriesOver(state=series.state)
    values = _parts_of(series, form)
    moved_by = {name for name in _SCHEDULE if name in form}
    is_split = "since" in form and bool(before.days(since=before.first_day, until=since - timedelta(days=1)))
    if is_split:
        series = _continued(series, since=since, by=by)
    else:
        series.version += 1
    if is_split or moved_by:
        _write_plan(series, plan)
    if moved_by and not is_split:
        # Days that could not be planned are days no more.
        duties.let_lapse(about_id=series.id)
    for name, value in values.items():
        setattr(series, name, value)
    concerned = series_changing.put_right(
        series,
        parties,
        before=before,
        since=since,
        birth_date=birth_date,
        changed=set(values),
        moved_by=moved_by,
        remarks=_remarks_of(form),
    )
    return series, _warnings_of(concerned, parties, child_id=series.child_id)


def cancel_series(series: Series, form: dict[str, Any]) -> None:
    """Call off what is planned ahead of a locked, running series, from some day on or all of it.

    For a reason of the policy, as a single meeting. A family is told, by one text, of the meetings it knows of; if
    it was told that they repeat, also that they no longer do.
    Raises ``InvalidRequest``, ``SeriesOver``.
    """
    _check_running(series)
    reason, note, since = form["reason"], form.get("note"), form.get("since")
    check_since(since or clock.today(), today=clock.today())
    parties = parties_of(series.child_id)
    rules.check_reason(policy_of(parties["policy"]).cancel_reasons, reason=reason, note=note)
    planned = series_queries.planned_ahead(series.id, since=since or date.min)
    before, birth_date = series.plan, _birth_date_of(series.child_id)
    stop = stop_of(series, before, parties, since=since or clock.today(), birth_date=birth_date, planned=planned)
    kept = since is not None and bool(before.days(since=clock.today(), until=since - timedelta(days=1)))
    if kept and since is not None:
        _cut_off(series, before=since)
        ahead = series_queries.planned_ahead(series.id, since=clock.today())
        series_changing.tell_the_new_end(series, before, parties, ahead=ahead, birth_date=birth_date)
    else:
        _end(series, SeriesState.CANCELLED, reason=reason, note=note, on_phone_at=form.get("on_phone_at"))
    series.version += 1
    series_changing.cancel_all(
        planned,
        parties,
        reason=reason,
        note=note,
        on_phone_at=form.get("on_phone_at"),
        stops=[stop] if stop else [],
    )


def listen() -> None:
    """Follow what happens on lower floors; called once where the application is put together."""
    case_closing.connect(_on_case_closing, weak=False)
    consents_changed.connect(_on_consents_changed, weak=False)


def _on_case_closing(_sender: Any, *, case: Case, **_more: Any) -> None:
    for series in series_queries.running_of_case(case.id):
        _end(series, SeriesState.ENDED, reason=rules.CASE_CLOSED)
        series.version += 1
    db.session.flush()


def _on_consents_changed(_sender: Any, *, child_id: uuid.UUID) -> None:
    for series in series_queries.accompaniments_running(child_id):
        look_again_at_consents(series)
    db.session.flush()


def _occasions_of(series: Series, *, specialist_id: uuid.UUID, until: date) -> list[dict[str, Any]]:
    """Each time of a series that nobody has planned yet, and why it could not be planned."""
    plan, duration = series.plan, timedelta(minutes=series.expected_minutes)
    starts = {day: moment_of(day, plan.clock) for day in plan.days(since=plan.first_day, until=until)}
    times = [(starts_at, starts_at + duration) for starts_at in starts.values()]
    clashing = series_queries.clashes_of(times, specialist_id=specialist_id, child_id=series.child_id)
    refused = dict.fromkeys(days_without_consent(series, starts), WhyNot.CONSENT_MISSING)
    refused |= {day: WhyNot.MEETING_OVERLAPS for number, day in enumerate(starts) if number in clashing}
    return [
        {"day": day, "starts_at": starts_at, "ends_at": ends_at, "why": refused.get(day)}
        for day, (starts_at, ends_at) in zip(starts, times, strict=True)
    ]


def _warned_beforehand(
    series: Series, form: dict[str, Any], occasions: list[dict[str, Any]], *, holder: dict[str, Any]
) -> dict[Warned, list[date]]:
    """What to know of the days of a series that is not planned yet, of those that can be planned."""
    possible = [one for one in occasions if one["why"] is None]
    outcomes = announcements.outcomes_on(series.child_id, {day_of(one["starts_at"]) for one in possible})
    return days_warned_of(
        [
            Occasion(
                span=Span(one["starts_at"], one["ends_at"]),
                unreached=outcomes[day_of(one["starts_at"])].misses_somebody,
                explained=form.get("short_notice_reason") is not None,
            )
            for one in possible
        ],
        child_id=series.child_id,
        specialist_id=holder["specialist_id"],
        policy=policy_of(holder["policy"]),
    )


def _warnings_of(laid_out: LaidOut, parties: dict[str, Any], *, child_id: uuid.UUID) -> Warnings:
    return as_shown(
        days_warned_of(
            occasions_of(laid_out.meetings, laid_out.unreached),
            child_id=child_id,
            specialist_id=parties["specialist_id"],
            policy=policy_of(parties["policy"]),
        )
    )


def _remarks_of(form: dict[str, Any]) -> Remarks:
    return Remarks(on_phone_at=form.get("on_phone_at"), short_notice_reason=form.get("short_notice_reason"))


def _end(
    series: Series,
    state: SeriesState,
    *,
    reason: str,
    note: str | None = None,
    on_phone_at: datetime | None = None,
) -> None:
    series.state = state.value
    series.reason = reason
    series.state_reason = note
    series.ended_at = rules.moment_of(on_phone_at, now=clock.now(), since=series.created_at)
    series.next_day = None
    db.session.flush()
    duties.let_lapse(about_id=series.id)


def _cut_off(series: Series, *, before: date) -> None:
    series.last_day = before - timedelta(days=1)
    if series.next_day is not None and series.next_day > series.last_day:
        series.next_day = None
    series.not_planned = [one for one in series.not_planned if one["day"] < before.isoformat()]


def _check_running(series: Series) -> None:
    if series.state != SeriesState.RUNNING:
        raise SeriesOver(state=series.state)


def _series_of(form: dict[str, Any], *, case_id: uuid.UUID, birth_date: date, by: uuid.UUID) -> Series:
    """The series that a form asks for, nothing laid out; raises ``InvalidRequest``."""
    now = clock.now()
    rules.check_start(form["starts_at"], now)
    values = _columns_of(form)
    rules.check_place(values["place_type"], values["place_name"], values["place_address"])
    rules.check_accompaniment(form["kind"], values["institution"])
    local = clock.in_riga(form["starts_at"])
    rule = rule_of(form["rule"])
    check_first_day(rule, local.date(), local.time(), "/starts_at")
    plan = Plan(
        rule=rule, first_day=local.date(), clock=local.time(), except_dates=frozenset(form.get("except_dates", ()))
    )
    series = Series(
        **{"id": new_id(), "note": None} | values,
        case_id=case_id,
        state=SeriesState.RUNNING.value,
        not_planned=[],
        version=1,
        created_at=now,
        created_by=by,
    )
    _write_plan(series, plan)
    series.next_day = plan.next_day(after=plan.first_day - timedelta(days=1), until=last_day_of_childhood(birth_date))
    if series.next_day is None:
        raise InvalidRequest.at("/rule", "rule-without-days")
    return series


def _write_plan(series: Series, plan: Plan) -> None:
    series.rule = plan.rule.spelled()
    series.first_day = plan.first_day
    series.wall_clock = plan.clock
    series.except_dates = sorted(plan.except_dates)
    series.last_day = plan.last_day


def _plan_after(plan: Plan, form: dict[str, Any], *, since: date) -> Plan | None:
    """When the meetings are from a day on, as a form changes it; ``None`` when nothing is left to change.

    ``starts_at`` is the first of them; without it the clock stays, and a new rule begins with its first day from
    then on. A rule that counts goes on counting, unless it is a new one.
    """
    except_dates = frozenset(form.get("except_dates", plan.except_dates))
    rest = plan.continued_on(since)
    if rest is None:
        return None
    if not any(name in form for name in ("rule", "starts_at")):
        return Plan(**vars(rest) | {"except_dates": except_dates})
    rule = rule_of(form["rule"]) if "rule" in form else rest.rule
    if "starts_at" in form:
        rules.check_start(form["starts_at"], clock.now())
        local = clock.in_riga(form["starts_at"])
        first_day, wall_clock = local.date(), local.time()
        if first_day < since:
            raise InvalidRequest.at("/starts_at", "series-start-before-from")
    else:
        first_day, wall_clock = first_day_from(rule, since), plan.clock
    check_first_day(rule, first_day, wall_clock, "/starts_at")
    last_day = plan.last_day if "rule" not in form else None
    return Plan(rule=rule, first_day=first_day, clock=wall_clock, except_dates=except_dates, last_day=last_day)


def _parts_of(series: Series, form: dict[str, Any]) -> dict[str, Any]:
    """The columns that a form changes besides the days and the clock."""
    values = _columns_of(form)
    if "place_type" in values:
        rules.check_place(values["place_type"], values["place_name"], values["place_address"])
    rules.check_accompaniment(rules.Kind(series.kind), values.get("institution", series.institution))
    return {name: value for name, value in values.items() if getattr(series, name) != value}


def _columns_of(form: dict[str, Any]) -> dict[str, Any]:
    """The columns of a series that a form gives values for; days and clock are a plan, a reason is a meeting's."""
    values = columns_of(form)
    return {name: value for name, value in values.items() if name not in {"starts_at", "short_notice_reason"}}


def _continued(series: Series, *, since: date, by: uuid.UUID) -> Series:
    """Another series like this one, with its meetings from a day on; this one ends the day before."""
    columns = {column.name: getattr(series, column.name) for column in Series.__table__.columns}
    later = [one for one in series.not_planned if one["day"] >= since.isoformat()]
    own = {"id": new_id(), "continues": series.id, "told_with": None, "not_planned": later}
    following = Series(**columns | own | {"version": 1, "created_at": clock.now(), "created_by": by})
    _cut_off(series, before=since)
    series.version += 1
    db.session.add(following)
    db.session.flush()
    moved = update(Meeting).where(Meeting.series_id == series.id, Meeting.series_day >= since)
    db.session.execute(moved.values(series_id=following.id).execution_options(synchronize_session=False))
    return following


def _birth_date_of(child_id: uuid.UUID) -> date:
    found: date = rows("SELECT birth_date FROM children WHERE id = :id", id=child_id)[0]["birth_date"]
    return found
