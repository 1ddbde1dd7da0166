"""The worker dies without a last word, again and again: no message is lost, none goes out twice."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bas_service.config import Settings
from tests.faults.outbox import Outbox, ids_from, times_there
from tests.faults.processes import a_worker, wait_until
from tests.faults.stand_in import TwilioStandIn, slow_answer

MESSAGES = 500


def test_500_messages_are_there_once_each_however_often_the_worker_is_killed(
    outbox: Outbox,
    dice: random.Random,
    twilio: TwilioStandIn,
    settings_with: Callable[..., Settings],
    tmp_path: Path,
) -> None:
    ids = ids_from(dice, MESSAGES)
    outbox.fill(ids)
    # Each kill comes when so many texts are there. None among the last: a message left behind is repeated once, after
    # all others, and a second kill on the same one would rightly leave it to a person.
    kills = sorted(dice.sample(range(1, 470), 12))
    # Every request takes a moment, so that at each kill there are texts accepted whose answer nobody has read yet.
    twilio.misbehave_by(lambda number, form: slow_answer(dice.uniform(0.0, 0.03)))

    for at in kills:
        with a_worker(settings_with(twilio), tmp_path / "worker.log") as worker:
            wait_until(lambda at=at: len(twilio.messages) >= at, f"{at} texts are there")
            threading.Event().wait(dice.uniform(0.0, 0.02))
            worker.kill()
    with a_worker(settings_with(twilio), tmp_path / "worker.log") as worker:
        wait_until(lambda: outbox.left_to_do() == 0, "nothing is left to do")
        assert worker.stop() == 0

    assert times_there(twilio.messages) == dict.fromkeys(ids, 1)
    assert outbox.states() == {"handed_over": MESSAGES}
    rows = outbox.rows().values()
    told = Counter((text.to, text.body) for text in twilio.messages)
    assert told == Counter((row["recipient"], row["body"]) for row in rows)
    assert {row["provider_id"] for row in rows} == {text.sid for text in twilio.messages}
    print(Counter(repeated=sum(row["repeated"] for row in rows), looked_up=sum(row["checks"] > 0 for row in rows)))
