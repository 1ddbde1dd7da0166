"""The dated policy of meetings: the one of a day, a new one, a prepared one taken back (D26)."""

import uuid
from datetime import date
from typing import Any

from bas_service.caseload import dated
from bas_service.caseload.policy_models import WithdrawnPolicy
from bas_service.caseload.policy_rules import PolicyKind
from bas_service.database import rows
from bas_service.errors import NotFound
from bas_service.meetings.policy_models import MeetingPolicyRow
from bas_service.meetings.policy_rules import MEMBERS, MeetingPolicy, check_meeting_policy, policy_of

# The policy in force on ``:policy_day`` as JSON, for ``policy_of``: a column of a statement that asks anyway.
POLICY_ON = """
    (SELECT to_jsonb(p) FROM meeting_policies p WHERE p.valid_from <= :policy_day ORDER BY p.valid_from DESC LIMIT 1)
"""


def policy_on(day: date) -> MeetingPolicy:
    """The policy of meetings in force on a day (in Riga), in one statement; ``NotFound`` before the first one."""
    (found,) = rows(f"SELECT {POLICY_ON} AS policy", policy_day=day)
    if found["policy"] is None:
        raise NotFound()
    return policy_of(found["policy"])


def meeting_policies() -> list[MeetingPolicyRow]:
    """All policies of meetings, the one that begins last first."""
    return dated.policies_of(MeetingPolicyRow)


def make_meeting_policy(form: dict[str, Any], *, by: uuid.UUID) -> MeetingPolicyRow:
    """Make a policy of meetings that begins today or later; what is left out stays as it would be on that day.

    Raises ``InvalidRequest``, ``PolicyDateTaken``.
    """
    return dated.make_policy(MeetingPolicyRow, form, taken_over=MEMBERS, check=check_meeting_policy, by=by)


def withdraw(policy_id: uuid.UUID) -> WithdrawnPolicy:
    """Take a prepared policy of meetings back before it begins; raises ``NotFound``, ``PolicyBegun``."""
    return dated.withdraw(PolicyKind.MEETING, MeetingPolicyRow, policy_id)
