"""What the worker does every few minutes or hours, whatever happens: ask, remind, watch, forget."""

from bas_service.access import attempts
from bas_service.caseload.jobs import remind_of_exceptions
from bas_service.config import Settings
from bas_service.database import transaction
from bas_service.http.idempotency import forget_old_answers
from bas_service.links.jobs import forget_links_sent, remind_of_unanswered
from bas_service.meetings.jobs import ask_after_the_overdue, ask_after_the_unsettled, remind_of_rhythms
from bas_service.meetings.late_news import tell_what_came_to_light
from bas_service.oversight import jobs as figures
from bas_service.oversight import watching
from bas_service.oversight.alarm_rules import limits_of
from bas_service.retention.jobs import drop_what_is_over

# So that a worker which is to stop need not be waited for.
COUNTED_AT_ONCE = 10


def ask() -> None:
    """Ask after children who are away for longer than announced (D30)."""
    with transaction():
        ask_after_the_overdue()


def remind() -> None:
    """Remind of what nobody did: exceptions that end, rhythms missed, meetings not recorded, links not answered."""
    with transaction():
        remind_of_exceptions()
    with transaction():
        remind_of_rhythms()
    with transaction():
        ask_after_the_unsettled()
    with transaction():
        remind_of_unanswered()


def tell_late_news() -> None:
    """Tell those who, as receipts proved, know of a meeting that it is off; each child by itself (D6)."""
    found = True
    while found:
        with transaction():
            found = tell_what_came_to_light()


def count() -> None:
    """Count the figures of days that are over, and anew what changed since; some at a time, each by itself (D27)."""
    for step in (figures.recount_days, figures.count_a_day):
        for _ in range(COUNTED_AT_ONCE):
            with transaction():
                if not step():
                    break


def watch(settings: Settings) -> None:
    """Raise the service's own alarms, and end those whose cause is gone."""
    with transaction():
        watching.watch(limits_of(settings))


def forget() -> None:
    """Drop what is over: answers, attempts, links, and what the retention policies name."""
    with transaction():
        forget_old_answers()
        drop_what_is_over()
        attempts.forget_old_attempts()
        forget_links_sent()
    with transaction():
        watching.watch_costs()
