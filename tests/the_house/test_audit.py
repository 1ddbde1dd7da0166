"""The audit of what is installed fails for holes, and never calls clean what it could not ask about."""

import importlib.machinery
import importlib.util
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parents[2] / ".ci" / "audit"
DAY = date(2026, 3, 2)


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, with a file of exceptions of its own."""
    loader = importlib.machinery.SourceFileLoader("audit", str(FILE))
    spec = importlib.util.spec_from_loader("audit", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    monkeypatch.setattr(module, "EXCEPTIONS", tmp_path / "exceptions")
    return module


HOLE = {"name": "lib", "version": "1.0", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["1.1"]}]}


def test_a_hole_is_found_and_what_could_not_be_asked_about_is_not_called_clean(audit: ModuleType) -> None:
    fine = {"name": "fine", "version": "1", "vulns": []}
    report = {"dependencies": [HOLE, fine, {"name": "x", "skip_reason": "?"}]}

    assert audit.judge(report, DAY) == (["lib 1.0: PYSEC-1 (mended in: 1.1)"], ["x"], 2)


@pytest.mark.parametrize(("until", "holes"), [("2026-03-02", 0), ("2026-03-01", 1)])
def test_an_exception_counts_up_to_its_day(audit: ModuleType, until: str, holes: int) -> None:
    audit.EXCEPTIONS.write_text(f"# why\nCVE-1 {until} not reachable from here\n")

    assert len(audit.judge({"dependencies": [HOLE]}, DAY)[0]) == holes
