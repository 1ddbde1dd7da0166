"""What Twilio's error codes mean for us: by HTTP class, refined by a table (measured facts)."""

from bas_service.messaging.rules import BARRING_CODES, HELD_CODES, MISCONFIGURED_CODES, REST, HandOver, Verdict

_PASSING = frozenset({20429, 21611, 30001, 30450})
# Sign-in, permission, address, method, proxy: never a matter of one message, whatever answers them.
_MISCONFIGURED_STATUSES = frozenset({401, 403, 404, 405, 407})


def verdict_on(status: int, code: int | None, retry_after: float | None = None) -> HandOver:
    """Judge an error answer by its HTTP status and Twilio's code.

    A 5xx is ambiguous: no idempotency key exists, so the message may have been accepted. 429 was never
    processed. A redirection is somebody else's answer. A code unknown to us is final for its message: trying
    again would not change it.
    """
    verdict, said = _verdict(status, code), str(code or status)
    bars = BARRING_CODES.get(said) if verdict is Verdict.REFUSED else None
    if said in REST:
        retry_after = max(retry_after or 0.0, REST[said].total_seconds())
    return HandOver(verdict=verdict, error_code=said, retry_after=retry_after, bars=bars)


def _verdict(status: int, code: int | None) -> Verdict:
    if status >= 500 or status == 408:
        return Verdict.AMBIGUOUS
    if status == 429 or code in _PASSING:
        return Verdict.PASSING
    if str(code) in HELD_CODES:
        return Verdict.HELD
    if str(code) in MISCONFIGURED_CODES or status in _MISCONFIGURED_STATUSES or status < 400:
        return Verdict.MISCONFIGURED
    return Verdict.REFUSED
