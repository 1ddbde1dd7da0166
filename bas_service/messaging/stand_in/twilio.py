"""A stand-in for Twilio's Messages API on loopback: for the demo, for app developers, for tests of bad days.

It remembers what it accepted, answers in the shapes of Twilio's OpenAPI description, refuses what Twilio
refuses, sends signed receipts, and misbehaves when told to. Its own code needs only the standard library, so
it runs where no test tools are installed. It listens on 127.0.0.1 only and calls back to loopback only.

    from bas_service.messaging.stand_in.faults import reset_after_accepting

    with TwilioStandIn(on_text=lambda text: print(text.body)) as twilio:
        twilio.misbehave(reset_after_accepting())
        ...  # point the client at twilio.url
"""

import hmac
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from bas_service.messaging.segments import parts_of
from bas_service.messaging.stand_in.control import Answer, obey
from bas_service.messaging.stand_in.faults import (
    Fault,
    Form,
    Misbehaviour,
    Plan,
    ReceiptOrder,
    by_chance,
)
from bas_service.messaging.stand_in.http import ConnectionToReset, StandInServer
from bas_service.messaging.stand_in.pages import page_of
from bas_service.messaging.stand_in.receipts import ReceiptSender, post_signed
from bas_service.messaging.stand_in.texts import Refused, Text, Texts, refusal, text_of

# The faults themselves are in `stand_in.faults`.
__all__ = ["Text", "TwilioStandIn"]

_log = logging.getLogger(__name__)

# An app that answers the receipt only after its own create call returned would wait for us, and we for it.
_LONGEST_WAIT_FOR_RECEIPTS = 10.0


class TwilioStandIn:
    """Twilio's Messages API on loopback, with a memory and, when told so, with faults.

    `port` 0 takes any free one and keeps it over `stop` and `start`. `on_text` is called once for each
    accepted text, before it is answered; keep it quick. `receipts=False` sends none (texts still reach their
    states); `receipt_delay` is in seconds, before each state. `seed` decides the dice of
    `misbehave_by_chance`. With a `state_file` texts outlive the process; receipts that were still to come do
    not. `inbound_url` is where texts go that somebody sends to us (`receive`). With `control` the stand-in can be
    told at run time, over HTTP and by whoever is on this machine, what it does (see `control.py`). Raises
    ValueError on an account SID that Twilio could not have given.
    """

    def __init__(
        self,
        *,
        account_sid: str = "AC" + "0" * 32,
        auth_token: str = "stand-in-token",  # noqa: S107 - no secret: this Twilio sends nothing anywhere
        port: int = 0,
        on_text: Callable[[Text], None] | None = None,
        receipts: bool = True,
        receipt_delay: float = 0.05,
        seed: int = 0,
        state_file: Path | None = None,
        inbound_url: str | None = None,
        control: bool = False,
    ) -> None:
        if not re.fullmatch(r"AC[0-9a-fA-F]{32}", account_sid):
            # Every request would be answered with 404, which takes long to understand.
            raise ValueError("an account SID is AC and 32 hexadecimal digits")
        self.account_sid = account_sid
        self.auth_token = auth_token
        self._port = port
        self._on_text = on_text
        self._seed = seed
        self._inbound_url = inbound_url
        self.has_control = control
        self._texts = Texts(state_file)
        self._receipts = ReceiptSender(
            self._texts, account_sid=account_sid, auth_token=auth_token, delay=receipt_delay, enabled=receipts
        )
        self._creating = Misbehaviour()
        self._listing = Misbehaviour()
        self._stopping = threading.Event()
        self._server: StandInServer | None = None

    @property
    def url(self) -> str:
        """The address to use in place of https://api.twilio.com; RuntimeError before the first start."""
        if self._port == 0:
            raise RuntimeError("the stand-in has no port before it is started")
        return f"http://127.0.0.1:{self._port}"

    @property
    def messages(self) -> list[Text]:
        """Every text accepted so far in order, each in its present state (a copy)."""
        return self._texts.all()

    @property
    def faults_used(self) -> Counter[str]:
        """How often each fault struck, by its name (a copy)."""
        return self._creating.used() + self._listing.used()

    @property
    def receipt_outcomes(self) -> Counter[str]:
        """What became of the receipts sent, by the status answered or the reason there is none (a copy)."""
        return self._receipts.outcomes()

    def start(self) -> None:
        """Listen and answer; a second start without a stop is an error."""
        if self._server is not None:
            raise RuntimeError("the stand-in is running already")
        self._stopping.clear()
        self._server = StandInServer(self, port=self._port)
        self._port = self._server.server_port
        self._receipts.start()
        # A short poll: it is what `stop` has to wait for.
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="stand-in", daemon=True).start()

    def stop(self) -> None:
        """Be gone: no more answers on any connection, no more receipts; what was accepted is kept."""
        if self._server is None:
            return
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up_on_everybody()
        self._server = None
        self._receipts.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def receive(
        self, sender: str, body: str, *, to: str = "+37120009999", sid: str = "", forged: bool = False
    ) -> str:
        """Hand a text on that somebody sends to us; gives the status answered, or the reason there is none.

        With the same `sid` it is the same text once more. RuntimeError when nobody said where such texts go.
        """
        if self._inbound_url is None:
            raise RuntimeError("there is no address for texts that come in")
        sid = sid or f"SM{uuid4().hex}"
        fields = {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": sender,
            "MessageSid": sid,
            "NumMedia": "0",
            "NumSegments": str(parts_of(body)),
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": to,
        }
        token = "a guess" if forged else self.auth_token
        return post_signed(self._inbound_url, fields, key=token.encode())

    def wait_for_receipts(self, seconds: float = 10.0) -> bool:
        """Wait until every receipt due has been sent; False when time runs out first."""
        return self._receipts.wait_until_idle(seconds)

    def misbehave(self, *faults: Fault) -> None:
        """Let the coming requests go wrong, one fault each, in this order; sending and listing apart."""
        for fault in faults:
            (self._listing if fault.concerns_lists else self._creating).queue(fault)

    def misbehave_by(self, plan: Plan) -> None:
        """Ask this plan about every coming create request for which no fault is queued."""
        self._creating.follow(plan)

    def misbehave_by_chance(self, probabilities: Mapping[Fault, float], *, seed: int | None = None) -> None:
        """Throw dice for each coming request; the same seed and number of the request give the same fault.

        Raises ValueError unless the probabilities of each kind of request are together at most 1.
        """
        lists = {fault: share for fault, share in probabilities.items() if fault.concerns_lists}
        texts = {fault: share for fault, share in probabilities.items() if not fault.concerns_lists}
        seed = self._seed if seed is None else seed
        self._creating.follow(by_chance(texts, seed=seed))
        self._listing.follow(by_chance(lists, seed=seed))

    def behave(self) -> None:
        """Forget every plan and every fault not yet used."""
        self._creating.follow(None)
        self._listing.follow(None)

    def may_enter(self, account_sid: str, auth_token: str) -> bool:
        """Answer whether these are the account and the token."""
        expected = f"{self.account_sid}:{self.auth_token}"
        return hmac.compare_digest(f"{account_sid}:{auth_token}".encode(), expected.encode())

    def create(self, form: Form) -> dict[str, object]:
        """Accept a text or do as this request's fault wants; raises `Refused` or `ConnectionToReset`."""
        fault = self._creating.next(form)
        if self._stopping.wait(fault.wait_before_accepting) or fault.reset_before_accepting:
            raise ConnectionToReset
        if fault.instead_of_accepting is not None:
            raise Refused(fault.instead_of_accepting)
        text = text_of(form)
        self._texts.add(text)
        self._show(text)
        last_receipt = self._receipts.send(text, fault)
        if fault.receipts is ReceiptOrder.BEFORE_THE_ANSWER:
            last_receipt.wait(_LONGEST_WAIT_FOR_RECEIPTS)
        if self._stopping.wait(fault.wait_before_answering) or fault.reset_after_accepting:
            raise ConnectionToReset
        if fault.instead_of_the_answer is not None:
            raise Refused(fault.instead_of_the_answer)
        return text.as_json(self.account_sid)

    def page(self, query: Form) -> dict[str, object]:
        """Answer a page of the accepted texts, newest first; raises `Refused`."""
        fault = self._listing.next(query)
        if fault.instead_of_accepting is not None:
            raise Refused(fault.instead_of_accepting)
        return page_of(self._texts.all(), query, account_sid=self.account_sid)

    def fetch(self, sid: str) -> dict[str, object]:
        """Answer one text in its present state; raises `Refused` (20404)."""
        text = self._texts.of(sid)
        if text is None:
            raise refusal(20404)
        return text.as_json(self.account_sid)

    def account(self) -> dict[str, object]:
        """Answer the account itself, which is what a check of reachability asks for."""
        uri = f"/2010-04-01/Accounts/{self.account_sid}"
        return {
            "sid": self.account_sid,
            "friendly_name": "Stand-in",
            "owner_account_sid": self.account_sid,
            "status": "active",
            "type": "Trial",
            "uri": f"{uri}.json",
            "subresource_uris": {"messages": f"{uri}/Messages.json"},
        }

    def told(self, method: str, path: str, body: bytes) -> Answer:
        """Do, or show, what somebody on this machine asks for over HTTP."""
        return obey(self, method, path, body=body)

    def _show(self, text: Text) -> None:
        if self._on_text is None:
            return
        try:
            self._on_text(text)
        except Exception:  # noqa: BLE001 - the text is accepted; its reader's failure is not the client's
            _log.exception("on_text of the stand-in failed")
