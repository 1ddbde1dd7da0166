"""The dated policy of telling: make one, take a prepared one back (D6, D26)."""

import uuid
from datetime import time
from typing import Any

from bas_service.announcements.policy_models import TellingPolicyRow
from bas_service.announcements.policy_rules import check_telling_policy
from bas_service.announcements.rules import TellingPolicy
from bas_service.caseload import dated
from bas_service.caseload.policy_models import WithdrawnPolicy
from bas_service.caseload.policy_rules import PolicyKind

_TAKEN_OVER = tuple(TellingPolicy.__dataclass_fields__)


def telling_policies() -> list[TellingPolicyRow]:
    """All policies of telling, the one that begins last first."""
    return dated.policies_of(TellingPolicyRow)


def make_telling_policy(form: dict[str, Any], *, by: uuid.UUID | None) -> TellingPolicyRow:
    """Make a policy of telling that begins today or later; what is left out stays as it would be on that day.

    Raises ``InvalidRequest``, ``PolicyDateTaken``.
    """
    given = {name: form[name] for name in ("quiet_from", "quiet_until") if name in form}
    hours = {name: hour and time.fromisoformat(hour) for name, hour in given.items()}
    return dated.make_policy(
        TellingPolicyRow, form | hours, taken_over=_TAKEN_OVER, check=check_telling_policy, by=by
    )


def withdraw_telling_policy(policy_id: uuid.UUID) -> WithdrawnPolicy:
    """Take a prepared policy of telling back before it begins; raises ``NotFound``, ``PolicyBegun``."""
    return dated.withdraw(PolicyKind.TELLING, TellingPolicyRow, policy_id)
