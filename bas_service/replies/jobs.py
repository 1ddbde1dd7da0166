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
    # The children before all else, as everybody does who tells of what is planned.
    readers = service.hold_readers(text)
    if inbound.heed(text):
        service.texts_wanted_again.send(None, readers=readers)
    if not service.take_up(text):
        log.warning("a text from a number that is nobody's; coordinators and administrators see it")
    return True
