"""The service watches itself: alarms are raised once, whoever notices, and ended when their cause is gone.

Looked at by the web server's side, because a dead worker cannot say that it is dead, and by the workers, because
nobody may be looking at the web server.
"""

import json
import logging
from collections.abc import Iterable
from typing import Any

from sqlalchemy import text

from bas_service.database import db, new_id, rows
from bas_service.oversight.alarm_rules import (
    SEEN_IN_FIGURES,
    WATCHED_EVERY,
    AlarmKind,
    Cause,
    Limits,
    causes_in,
    longer_texts,
)

log = logging.getLogger(__name__)


def beat() -> None:
    """Give a sign of life for the workers, by the database's clock."""
    db.session.execute(
        text(
            "INSERT INTO heartbeats (part, beat_at) VALUES ('worker', now())"
            " ON CONFLICT (part) DO UPDATE SET beat_at = excluded.beat_at"
        )
    )


def watch(limits: Limits) -> None:
    """Look at the figures of the moment, unless somebody has in the past half minute."""
    if rows("SELECT take_the_watch(:every) AS mine", every=WATCHED_EVERY)[0]["mine"]:
        note(SEEN_IN_FIGURES, causes_in(service_figures(), limits))


def watch_costs() -> None:
    """Look whether texts have become longer; for the workers, once in a while."""
    note((AlarmKind.TEXTS_LONGER,), longer_texts(rows("SELECT * FROM text_costs()")))


def service_figures() -> dict[str, Any]:
    """The figures of the moment: the workers' last sign of life, what waits, what is in doubt, what failed."""
    return rows("SELECT * FROM service_figures()")[0]


def note(watched: Iterable[AlarmKind], causes: list[Cause]) -> None:
    """Raise what is an alarm and is not open yet; end what is open of the kinds ``watched`` and no cause any more."""
    found = [
        {"id": str(new_id()), "kind": cause.kind.value, "about": cause.about, "details": cause.details}
        for cause in causes
    ]
    changed = rows(
        "SELECT * FROM note_alarms(CAST(:watched AS text[]), CAST(:found AS jsonb))",
        watched=[kind.value for kind in watched],
        found=json.dumps(found),
    )
    for alarm in changed:
        if alarm["ended_at"] is None:
            log.error("ALARM: %s %s %s", alarm["kind"], alarm["about"], alarm["details"])
        else:
            log.warning("the alarm %s %s is over", alarm["kind"], alarm["about"])
