"""What the worker does with texts that come in."""

import logging

from bas_service.messaging import inbound
from bas_service.replies import service

log = logging.getLogger(__name__)


def take_reply() -> bool:
    """Take up the oldest text that nobody has taken; gives whether there was one.

    One for each transaction: two workers with several texts each could wait for one another's duties.
    """
    text = inbound.take_text()
    if text is None:
        return False
    inbound.heed(text)
    if not service.take_up(text):
        log.warning("a text from a number that is nobody's; coordinators and administrators see it")
    return True
