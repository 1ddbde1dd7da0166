"""Every worker dies: the web server's side says so, and that it is over when another one lives."""

from collections.abc import Callable
from pathlib import Path

import requests

from bas_service.config import Settings
from tests.builders import House
from tests.faults.processes import a_web_server, a_worker, wait_until
from tests.faults.stand_in import TwilioStandIn


def test_a_killed_worker_is_an_alarm_until_another_one_lives(
    house: House, twilio: TwilioStandIn, settings_with: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = settings_with(twilio, alarm_worker_seconds=4.0)

    def silent_for() -> float:
        return float(requests.get(f"{settings.public_url}/health/ready", timeout=10).json()["worker_seconds"])

    def is_alarmed() -> bool:
        # Half a minute passes, in which nobody looked.
        house.sql("UPDATE heartbeats SET beat_at = beat_at - interval '31 seconds' WHERE part = 'watch'")
        told = requests.get(f"{settings.public_url}/metrics", timeout=10).text
        return 'bas_alarm{kind="worker-silent"} 1.0' in told

    with a_web_server(settings, tmp_path / "web.log") as web:
        with a_worker(settings, tmp_path / "worker.log") as worker:
            beats = "SELECT 1 FROM heartbeats WHERE part = 'worker'"
            wait_until(lambda: bool(house.sql(beats)), "the worker gave a sign of life")
            assert not is_alarmed()
            worker.kill()
            wait_until(lambda: silent_for() > 4, "the worker has been silent for long enough")
            assert is_alarmed()
            assert is_alarmed()
        with a_worker(settings, tmp_path / "another.log"):
            wait_until(lambda: silent_for() < 3, "another worker lives")
            assert not is_alarmed()
        said = web.said()

    assert said.count("ALARM: worker-silent") == 1
    assert said.count("the alarm worker-silent") == 1
    assert [row["over"] for row in house.sql("SELECT ended_at IS NOT NULL AS over FROM alarms")] == [True]
