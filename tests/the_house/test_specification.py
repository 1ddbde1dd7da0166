"""The committed specification and error catalogue are what the code says today."""

import re
import subprocess
import sys

from bas_service.errors import Refusal
from tests.the_house.sources import ROOT

CATALOGUE = ROOT / "mobile_api_spec" / "errors.md"


def test_the_committed_specification_is_not_stale() -> None:
    # In a process of its own: refusals and routes that other tests made must not count.
    ended = subprocess.run(
        [sys.executable, "-m", "bas_service", "openapi", "--check"], cwd=ROOT, capture_output=True, text=True
    )

    assert (ended.stdout, ended.stderr, ended.returncode) == ("The specification is up to date.\n", "", 0)


def test_the_error_catalogue_holds_every_refusal_with_its_status() -> None:
    rows = re.findall(r"^\| `/problems/([a-z-]+)` \| (\d{3}) \| (.+) \|$", CATALOGUE.read_text(), re.MULTILINE)
    refusals = {name: one for name, one in Refusal.known.items() if one.__module__.startswith("bas_service")}

    assert {name: int(status) for name, status, _ in rows} == {name: one.status for name, one in refusals.items()}
    assert [name for name, _, _ in rows] == sorted(refusals)
    assert {name for name, _, when in rows if not when.endswith(".")} == set()
