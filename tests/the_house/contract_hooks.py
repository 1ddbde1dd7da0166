"""What schemathesis is told of this service: plausible values, and which refusals no schema could foresee.

Loaded by the ``schemathesis`` command itself (see ``test_contract.py``), never by pytest.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import schemathesis
from hypothesis import strategies as st

from bas_service import clock

FACTS = json.loads(Path(os.environ["BAS_TEST_CONTRACT"]).read_text())
NOW = datetime.now(UTC).replace(microsecond=0)

# Ids of what is there, so that operations get further than "not found"; and some of what is not.
schemathesis.openapi.format("uuid", st.sampled_from(FACTS["ids"]) | st.uuids(version=4).map(str))
schemathesis.openapi.format(
    "date-time", st.integers(-400, 400).map(lambda days: (NOW + timedelta(days=days, minutes=days)).isoformat())
)
schemathesis.openapi.format(
    "date",
    (st.integers(-30, 400) | st.integers(-17 * 365, -6 * 366)).map(
        lambda days: (clock.today() + timedelta(days=days)).isoformat()
    ),
)
