"""The texts the stand-in for Twilio has accepted, what it refuses, and the words it uses for both.

Field names, states and error codes are Twilio's (`messages_only.json`, error dictionary); the sentences are
not.
"""

import json
import re
import threading
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from bas_service.messaging.segments import MOST_CHARACTERS, parts_of
from bas_service.messaging.stand_in.faults import ErrorAnswer, Form

LONGEST_VALIDITY = 36_000  # seconds; what Twilio queues at most

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SENDER_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11}")
_SHORT_CODE = re.compile(r"[0-9]{3,6}")
_SERVICE_SID = re.compile(r"MG[0-9a-fA-F]{32}")
# Twilio accepts no underscore in the host's name; whether the host may be called back is asked later.
_CALLBACK = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:[/?][!-~]*)?")

# The magic numbers of Twilio's test credentials: +1500555000x misbehaves in a known way.
_MAGIC = "+1500555000"
_MAGIC_SENDERS = {_MAGIC + "1": 21212, _MAGIC + "7": 21606, _MAGIC + "8": 21611}
_MAGIC_RECIPIENTS = {
    _MAGIC + "1": 21211,
    _MAGIC + "2": 21612,
    _MAGIC + "3": 21408,
    _MAGIC + "4": 21610,
    _MAGIC + "9": 21614,
}

_MEANINGS = {
    20001: "A filter of the list cannot be read",
    20003: "Authenticate",
    20004: "This method is not allowed here",
    20404: "There is nothing at this address",
    20413: "The request is too large or of unknown length",
    21211: "'To' is no valid phone number",
    21212: "'From' is no valid sender",
    21408: "Texts to the country of 'To' are not switched on for this account",
    21602: "'Body' is missing",
    21603: "'From' is missing",
    21604: "'To' is missing",
    21606: "'From' is no number of this account that can send texts",
    21609: "'StatusCallback' is no usable URL",
    21610: "The owner of 'To' has opted out of texts from 'From'",
    21611: "The queue of 'From' is full",
    21612: "'To' cannot be reached from 'From'",
    21614: "'To' is no mobile number",
    21617: f"'Body' is longer than {MOST_CHARACTERS} characters",
    21624: f"'ValidityPeriod' is not between 1 and {LONGEST_VALIDITY} seconds",
    21705: "'MessagingServiceSid' is not valid",
}
_STATUSES = {20003: 401, 20004: 405, 20404: 404, 20413: 413, 21611: 429}


class Refused(Exception):
    """Twilio says no; `answer` says it in Twilio's words."""

    def __init__(self, answer: ErrorAnswer) -> None:
        super().__init__(answer.message)
        self.answer = answer


def refusal(code: int) -> Refused:
    """The refusal Twilio gives under this error code."""
    return Refused(ErrorAnswer(_STATUSES.get(code, 400), code, _MEANINGS[code]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text the stand-in has accepted, in the state it had when asked for; all times are aware and UTC.

    `sender` is a number, a name, or the SID of a Messaging Service; `validity_period` is in seconds.
    """

    sid: str
    to: str
    sender: str
    body: str
    status_callback: str | None
    validity_period: int | None
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None
    status: str
    error_code: int | None

    @property
    def by_service(self) -> bool:
        """Whether a Messaging Service sends it, so that no sender is known yet."""
        return _SERVICE_SID.fullmatch(self.sender) is not None

    def as_json(self, account_sid: str) -> dict[str, object]:
        """The text as Twilio describes a message: every field there, times in RFC 2822, counts as strings."""
        uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{self.sid}"
        return {
            "account_sid": account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": format_datetime(self.created_at),
            "date_sent": format_datetime(self.sent_at) if self.sent_at else None,
            "date_updated": format_datetime(self.updated_at),
            "direction": "outbound-api",
            "error_code": self.error_code,
            "error_message": None if self.error_code is None else "The delivery failed",
            "from": None if self.by_service else self.sender,
            "messaging_service_sid": self.sender if self.by_service else None,
            "num_media": "0",
            # With a Messaging Service the parts are counted once a sender is chosen.
            "num_segments": "0" if self.status == "accepted" else str(parts_of(self.body)),
            "price": None,
            "price_unit": None,
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


def text_of(form: Form) -> Text:
    """Check the form of a create request as Twilio does and make the text of it; raises `Refused`."""
    sender = form.get("From") or form.get("MessagingServiceSid") or ""
    body, callback = form.get("Body", ""), form.get("StatusCallback") or None
    _check_numbers(form.get("To", ""), sender, by_service=not form.get("From"))
    if not body:
        raise refusal(21602)
    if len(body) > MOST_CHARACTERS:
        raise refusal(21617)
    if callback is not None and not _CALLBACK.fullmatch(callback):
        raise refusal(21609)
    now = datetime.now(UTC)
    return Text(
        sid=f"SM{uuid4().hex}",
        to=form["To"],
        sender=sender,
        body=body,
        status_callback=callback,
        validity_period=_validity_period(form.get("ValidityPeriod")),
        created_at=now,
        updated_at=now,
        sent_at=None,
        status="queued" if form.get("From") else "accepted",
        error_code=None,
    )


def _check_numbers(to: str, sender: str, *, by_service: bool) -> None:
    if not to:
        raise refusal(21604)
    if not sender:
        raise refusal(21603)
    if by_service and not _SERVICE_SID.fullmatch(sender):
        raise refusal(21705)
    if sender in _MAGIC_SENDERS:
        raise refusal(_MAGIC_SENDERS[sender])
    usable = (_E164, _SENDER_NAME, _SHORT_CODE)
    if not by_service and not any(shape.fullmatch(sender) for shape in usable):
        raise refusal(21212)
    if to in _MAGIC_RECIPIENTS:
        raise refusal(_MAGIC_RECIPIENTS[to])
    if not _E164.fullmatch(to):
        raise refusal(21211)


def _validity_period(text: str | None) -> int | None:
    if not text:
        return None
    # Five ASCII digits at most, which also keeps int() from reading megabytes.
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= LONGEST_VALIDITY:
        raise refusal(21624)
    return int(text)


class Texts:
    """All accepted texts in order, safe for threads; kept in a file, when one is given, over restarts."""

    def __init__(self, state_file: Path | None) -> None:
        self._lock = threading.Lock()
        self._file = state_file
        self._by_sid: dict[str, Text] = {}
        if state_file is not None and state_file.exists():
            self._load(state_file)

    def add(self, text: Text) -> None:
        """Accept the text."""
        with self._lock:
            self._keep(text)

    def move(self, sid: str, status: str, *, error_code: int | None = None) -> Text:
        """Put the text into the next state and return it."""
        with self._lock:
            text = self._by_sid[sid]
            now = datetime.now(UTC)
            sent_at = text.sent_at or (None if status == "failed" else now)
            text = replace(text, status=status, error_code=error_code, updated_at=now, sent_at=sent_at)
            self._keep(text)
            return text

    def of(self, sid: str) -> Text | None:
        """The text with this SID as it is now, or None."""
        with self._lock:
            return self._by_sid.get(sid)

    def all(self) -> list[Text]:
        """Every text as it is now, oldest first."""
        with self._lock:
            return list(self._by_sid.values())

    def _load(self, state_file: Path) -> None:
        lines = state_file.read_text(encoding="utf-8")
        for line in lines.splitlines():
            text = _from_line(line)
            if text is not None:
                self._by_sid[text.sid] = text
        if lines and not lines.endswith("\n"):
            # Torn by a crash; without its end it would spoil the line that comes next.
            with state_file.open("a", encoding="utf-8") as torn:
                torn.write("\n")

    def _keep(self, text: Text) -> None:
        self._by_sid[text.sid] = text
        if self._file is not None:
            # One line per change, the last one counts: a crash can spoil no more than the last line.
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(text), default=datetime.isoformat) + "\n")


def _from_line(line: str) -> Text | None:
    try:
        values: dict[str, Any] = json.loads(line)
        for name in ("created_at", "updated_at", "sent_at"):
            values[name] = values[name] and datetime.fromisoformat(values[name])
        return Text(**values)
    except (ValueError, KeyError, TypeError):
        # The line a crash cut off.
        return None
