"""What Twilio's error codes mean for us: by HTTP class, refined by a table (measured facts)."""

from bas_service.messaging.rules import HandOver, Verdict

_MISCONFIGURED = frozenset(
    {20003, 20403, 10001, 90010, 30002, 21408, 21212, 21606, 21612, 21657, 21659, 21660, 21661, 21703, 21705}
    | {21608, 21267, 30018, 30024, 30042}
)
_PASSING = frozenset({20429, 21611, 30001, 30450})
_AMBIGUOUS_STATUSES = frozenset({500, 502, 503, 504})


def verdict_on(status: int, code: int | None, retry_after: float | None = None) -> HandOver:
    """Judge an error answer by its HTTP status and Twilio's code.

    A 5xx is ambiguous: no idempotency key exists, so the message may have been accepted. 429 was never
    processed. A code unknown to us is final for its message: trying again would not change it.
    """
    error_code = str(code or status)
    if status in _AMBIGUOUS_STATUSES or code in {20500}:
        verdict = Verdict.AMBIGUOUS
    elif status == 429 or code in _PASSING:
        verdict = Verdict.PASSING
    elif status == 401 or code in _MISCONFIGURED:
        verdict = Verdict.MISCONFIGURED
    else:
        verdict = Verdict.REFUSED
    return HandOver(verdict=verdict, error_code=error_code, retry_after=retry_after)
