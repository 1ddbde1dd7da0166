"""The one place from which these tests and benchmarks take the stand-in for Twilio."""

from bas_service.messaging.stand_in.faults import (
    Fault,
    delivery_failed,
    list_fails,
    never_confirmed,
    receipt_before_answer,
    receipts_duplicated,
    receipts_lost,
    receipts_out_of_order,
    refused,
    reset_after_accepting,
    reset_before_accepting,
    server_error,
    server_error_after_accepting,
    slow_answer,
    slow_before_accepting,
    too_many_requests,
)
from bas_service.messaging.stand_in.twilio import Text, TwilioStandIn

__all__ = [
    "Fault",
    "Text",
    "TwilioStandIn",
    "delivery_failed",
    "list_fails",
    "never_confirmed",
    "receipt_before_answer",
    "receipts_duplicated",
    "receipts_lost",
    "receipts_out_of_order",
    "refused",
    "reset_after_accepting",
    "reset_before_accepting",
    "server_error",
    "server_error_after_accepting",
    "slow_answer",
    "slow_before_accepting",
    "too_many_requests",
]
