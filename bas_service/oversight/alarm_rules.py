"""When the service raises an alarm about itself, and in which words."""

import math
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from bas_service.announcements.rules import duration_of
from bas_service.messaging.rules import is_refused_text
from bas_service.translation import Language, text_of

# Often enough for somebody to be there in time, seldom enough to cost nothing.
WATCHED_EVERY = timedelta(seconds=30)
# Two of three messages failing tell nothing about a channel.
LEAST_OUTCOMES = 10
# One parent's phone that is switched off for the day is no silent provider.
LEAST_UNANSWERED = 5
# As many texts of a day have a usual length.
LEAST_TEXTS = 20


class AlarmKind(StrEnum):
    """What the service notices about itself; the name is also that of its words in the translation files."""

    # Messages that are due are not handed over.
    QUEUE_OLD = "queue-old"
    # Texts go out, and the provider reports nothing: nobody knows what arrives.
    NO_RECEIPTS = "no-receipts"
    # Of a channel's messages too many fail.
    FAILURES_MANY = "failures-many"
    # No worker lives: nothing goes out at all. Only somebody else than a worker can say so.
    WORKER_SILENT = "worker-silent"
    # The provider refuses a text as it is, or what we ask: the family is told otherwise, the cause is ours.
    TEXTS_REFUSED = "texts-refused"
    # A text costs more than it did: somebody changed its wording.
    TEXTS_LONGER = "texts-longer"


class AlarmState(StrEnum):
    """Whether an alarm's cause is still there."""

    OPEN = "open"
    ENDED = "ended"


# What is seen in the figures of the moment; the length of texts is looked at by itself, once an hour.
SEEN_IN_FIGURES = tuple(kind for kind in AlarmKind if kind is not AlarmKind.TEXTS_LONGER)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """From where on something is an alarm; ``receipts`` is ``None`` where nobody sends any."""

    queue: timedelta
    receipts: timedelta | None
    worker: timedelta
    failure_percent: int


def limits_of(settings: Any) -> Limits:
    """The limits that the settings name."""
    sends_receipts = settings.gateway == "twilio"
    return Limits(
        queue=timedelta(seconds=settings.alarm_queue_seconds),
        receipts=timedelta(seconds=settings.alarm_receipts_seconds) if sends_receipts else None,
        worker=timedelta(seconds=settings.alarm_worker_seconds),
        failure_percent=settings.alarm_failure_percent,
    )


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Something that is an alarm; ``about`` tells two of a kind apart. Figures only, never a person."""

    kind: AlarmKind
    about: str = ""
    details: dict[str, int] = field(default_factory=dict)


def causes_in(figures: dict[str, Any], limits: Limits) -> list[Cause]:
    """What in the figures of the moment is an alarm."""
    causes = []
    silent = figures["worker_seconds"]
    # Where no worker ever was, only what waits is an alarm.
    if silent is not None and silent > limits.worker.total_seconds():
        causes.append(Cause(kind=AlarmKind.WORKER_SILENT, details={"seconds": int(silent)}))
    if figures["oldest_due_seconds"] > limits.queue.total_seconds():
        causes.append(Cause(kind=AlarmKind.QUEUE_OLD, details={"seconds": int(figures["oldest_due_seconds"])}))
    if (
        limits.receipts is not None
        and figures["unanswered"] >= LEAST_UNANSWERED
        and figures["unanswered_seconds"] > limits.receipts.total_seconds()
    ):
        details = {"seconds": int(figures["unanswered_seconds"]), "count": figures["unanswered"]}
        causes.append(Cause(kind=AlarmKind.NO_RECEIPTS, details=details))
    for channel, (failed, messages) in sorted(figures["channels"].items()):
        if messages >= LEAST_OUTCOMES and failed * 100 > messages * limits.failure_percent:
            details = {"percent": math.floor(failed * 100 / messages), "count": messages}
            causes.append(Cause(kind=AlarmKind.FAILURES_MANY, about=channel, details=details))
    for code, messages in sorted(figures["failed_by"].items()):
        if is_refused_text(code):
            causes.append(Cause(kind=AlarmKind.TEXTS_REFUSED, about=code, details={"count": messages}))
    return causes


def longer_texts(costs: list[dict[str, Any]]) -> list[Cause]:
    """Which texts usually take more parts since yesterday than in the thirty days before."""
    return [
        Cause(
            kind=AlarmKind.TEXTS_LONGER,
            about=f"{one['reason']}/{one['language']}",
            details={"now": one["now"], "usual": one["usual"]},
        )
        for one in costs
        if min(one["texts"], one["texts_before"]) >= LEAST_TEXTS and one["now"] > one["usual"]
    ]


def words_of(kind: AlarmKind, about: str, details: dict[str, int], *, language: Language) -> str:
    """An alarm in a sentence."""
    # Rounded up: "0 minutes" would be no alarm.
    duration = duration_of(math.ceil(details.get("seconds", 0) / 60), language)
    return text_of(language, f"alarm-{kind}", about=about, duration=duration, **details)
