"""What a policy of meetings must be to make sense, and the policy as the rules take it (D9, D26)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from bas_service.caseload.policy_rules import check_beginning, check_keys
from bas_service.caseload.rules import PolicyDateTaken
from bas_service.errors import InvalidRequest

PolicyDateTaken.stands_for("meeting_policies_valid_from_key")


@dataclass(frozen=True, kw_only=True)
class MeetingPolicy:
    """The policy of meetings in force on a day; lists and times of day are as the table keeps them."""

    short_notice_minutes: int
    correction_days: int
    cancel_reasons: list[dict[str, Any]]
    miss_reasons: list[dict[str, Any]]
    office_hours: dict[str, dict[str, str] | None]
    week_limit: dict[str, int]
    repeat_ahead_days: int
    tell_ahead_days: int

    @property
    def short_notice(self) -> timedelta:
        """Less than this before the start a text may be read too late (D6)."""
        return timedelta(minutes=self.short_notice_minutes)


# What of a policy may be left out of a new one.
MEMBERS = tuple(member.name for member in fields(MeetingPolicy))


def policy_of(row: Mapping[str, Any]) -> MeetingPolicy:
    """A row of the table, or the same as JSON, as the rules take it."""
    return MeetingPolicy(**{name: row[name] for name in MEMBERS})


def check_meeting_policy(values: dict[str, Any], *, today: date) -> None:
    """Refuse what contradicts itself, and a beginning in the past: ``InvalidRequest``."""
    check_beginning(values["valid_from"], today=today)
    check_keys(values, "cancel_reasons")
    check_keys(values, "miss_reasons")
    for weekday, hours in values["office_hours"].items():
        # Spelled with two digits each, times of day sort as words do.
        if hours is not None and hours["until"] <= hours["from"]:
            raise InvalidRequest.at(f"/office_hours/{weekday}/until", "hours-not-rising")
    if values["tell_ahead_days"] > values["repeat_ahead_days"]:
        raise InvalidRequest.at("/tell_ahead_days", "told-before-laid-out")
