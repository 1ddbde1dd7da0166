"""Text messages by Twilio's own client, with its traps stepped around (measured facts)."""

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from bas_service import clock
from bas_service.config import Settings
from bas_service.messaging.gateways import LookupFailed
from bas_service.messaging.jobs import Claimed
from bas_service.messaging.rules import Channel, HandOver, Verdict
from bas_service.messaging.twilio_errors import verdict_on

TWILIO = "https://api.twilio.com"
# How far the clocks of this machine and of Twilio may be apart.
CLOCKS_APART = timedelta(minutes=2)
LONGEST_VALIDITY = 36_000
log = logging.getLogger(__name__)
# The client prints telephone numbers at INFO, what lies below it the addresses of look-ups at DEBUG.
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)
logging.getLogger("urllib3").setLevel(logging.WARNING)


class _LoopbackableClient(TwilioHttpClient):
    """Twilio's HTTP client, pointed at the configured address and at no other."""

    def __init__(self, *, api_url: str, timeout: float) -> None:
        # Without a timeout it waits for ever.
        super().__init__(timeout=timeout)
        self.api_url = api_url
        # The answer as it came: what the client makes of an error's body is not always a number.
        self.last: Any = None
        # A proxy named in the environment must not read about children.
        self.session.trust_env = False

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send a request meant for Twilio's API to the configured address."""
        if not url.startswith(TWILIO + "/"):
            raise ValueError("only Twilio's API is called from here")
        self.last = super().request(method, self.api_url + url.removeprefix(TWILIO), *args, **kwargs)
        return self.last


class TwilioGateway:
    """Hands messages over to Twilio; one client for each thread, as it is not made to be shared."""

    channels = frozenset({Channel.SMS})

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._own = threading.local()

    def hand_over(self, message: Claimed) -> HandOver:
        """Create the message at Twilio; the answer says whether it may be repeated (see ``verdict_on``)."""
        client = self._client()
        # Twilio counts the validity from the moment it accepts, which may be as late as we still wait for it.
        latest = message.useful_until - timedelta(seconds=self._settings.send_timeout_seconds)
        remaining = (latest - clock.now()).total_seconds()
        if remaining < 1:
            return HandOver(verdict=Verdict.REFUSED, error_code="too-late")
        try:
            created = client.messages.create(
                to=message.recipient,
                body=message.body,
                status_callback=f"{self._settings.public_url}/hooks/twilio/status?ref={message.id}",
                # Nothing may arrive after the meeting began.
                validity_period=int(min(remaining, LONGEST_VALIDITY)),
                **self._sender(),
            )
        except (TwilioRestException, TwilioServiceException) as error:
            answer = client.http_client.last
            code = int(error.code) if str(error.code).isdecimal() else None
            log.warning("message %s: Twilio answered %s, code %s", message.id, answer.status_code, code)
            return verdict_on(answer.status_code, code, _retry_after(answer.headers))
        except requests.ConnectTimeout:
            return HandOver(verdict=Verdict.PASSING, error_code="connect-timeout")
        except requests.ConnectionError as error:
            return HandOver(**_of_broken_connection(error))
        except Exception as error:  # noqa: BLE001 - whatever the client stumbled over, the message may be on its way
            log.warning("message %s: no clear answer (%s)", message.id, type(error).__name__)
            return HandOver(verdict=Verdict.AMBIGUOUS, error_code=type(error).__name__)
        if not isinstance(created.sid, str):
            return HandOver(verdict=Verdict.AMBIGUOUS, error_code="no-sid")
        return HandOver(verdict=Verdict.ACCEPTED, provider_id=created.sid)

    def find(self, message: Claimed) -> list[str]:
        """Look through what Twilio has for this number: same text, made no earlier than our attempt.

        Listed by recipient only; Twilio's filter by date can hide the one that is looked for.
        """
        earliest = message.attempted_at - CLOCKS_APART
        try:
            listed = self._client().messages.list(to=message.recipient, limit=200)
            sent = (one for one in sorted(listed, key=_made_at) if str(one.direction).startswith("outbound"))
            return [one.sid for one in sent if one.body == message.body and _made_at(one) >= earliest]
        except Exception as error:  # a list that cannot be read must not pass for one without our message
            raise LookupFailed(type(error).__name__) from error

    def reachable(self) -> str | None:
        """Ask Twilio for our account."""
        try:
            self._client().api.v2010.accounts(self._settings.twilio_account_sid).fetch()
        except TwilioRestException as error:
            return f"Twilio refused the account and token (HTTP {error.status}, code {error.code})."
        except (TwilioException, requests.RequestException) as error:
            return f"Twilio did not answer at {self._settings.twilio_api_url} ({type(error).__name__})."
        return None

    def _client(self) -> Client:
        if not hasattr(self._own, "client"):
            http = _LoopbackableClient(
                api_url=self._settings.twilio_api_url, timeout=self._settings.send_timeout_seconds
            )
            self._own.client = Client(
                self._settings.twilio_account_sid, self._settings.twilio_auth_token, http_client=http
            )
        return self._own.client

    def _sender(self) -> dict[str, str]:
        sender = self._settings.twilio_sender or ""
        return {"messaging_service_sid" if sender.startswith("MG") and len(sender) == 34 else "from_": sender}


def _retry_after(headers: Any) -> float | None:
    given = str((headers or {}).get("Retry-After", ""))
    return min(float(given), 3600.0) if given.isdecimal() else None


def _made_at(one: Any) -> datetime:
    return one.date_created or datetime.min.replace(tzinfo=UTC)


def _of_broken_connection(error: requests.ConnectionError) -> dict[str, Any]:
    """A connection that never came about is safe to try again; one that broke may have carried the message."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}:
        return {"verdict": Verdict.PASSING, "error_code": "connection-refused"}
    return {"verdict": Verdict.AMBIGUOUS, "error_code": "connection-reset"}
