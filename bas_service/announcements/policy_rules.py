"""What a policy of telling must be to make sense (D26)."""

from datetime import date
from typing import Any

from bas_service.caseload.policy_rules import check_beginning
from bas_service.caseload.rules import PolicyDateTaken
from bas_service.errors import InvalidRequest

PolicyDateTaken.stands_for("telling_policies_valid_from_key")


def check_telling_policy(values: dict[str, Any], *, today: date) -> None:
    """Refuse what contradicts itself, and a beginning in the past: ``InvalidRequest``."""
    check_beginning(values["valid_from"], today=today)
    if (values["quiet_from"] is None) != (values["quiet_until"] is None):
        raise InvalidRequest.at("/quiet_until", "quiet-hours-halved")
    if values["quiet_from"] is not None and values["quiet_from"] == values["quiet_until"]:
        raise InvalidRequest.at("/quiet_until", "quiet-hours-halved")
    relations = [*values["must_tell"], *values["may_tell"]]
    if len(set(relations)) != len(relations):
        raise InvalidRequest.at("/may_tell", "entries-repeat")
