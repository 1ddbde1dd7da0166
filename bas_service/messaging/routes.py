"""The hook for receipts: signature checked, kept, answered at once; the worker does the rest."""

import uuid

from flask import current_app, request
from twilio.request_validator import RequestValidator

from bas_service.access.gate import open_to_all
from bas_service.database import transaction
from bas_service.errors import InvalidRequest, NotAllowed
from bas_service.http.bodies import Blueprint
from bas_service.http.specification import may_answer
from bas_service.messaging import service

blueprint = Blueprint("hooks", __name__, description="What providers report")

_FORM = {
    "type": "object",
    "properties": {"MessageSid": {"type": "string"}, "MessageStatus": {"type": "string"}},
}


@blueprint.route("/hooks/twilio/status", methods=["POST"])
@open_to_all
@may_answer(403)
@blueprint.doc(
    requestBody={"required": True, "content": {"application/x-www-form-urlencoded": {"schema": _FORM}}},
    parameters=[
        {
            "name": "ref",
            "in": "query",
            "required": True,
            "description": "The announcement's id, put into the address when the message was handed over",
            "schema": {"type": "string", "format": "uuid"},
        }
    ],
)
@blueprint.response(204)
def twilio_status() -> None:
    """Take Twilio's receipt for a message; only one with Twilio's signature is believed."""
    settings = current_app.config["BAS"]
    # The address Twilio signed is the public one, whatever a proxy made of it on the way. Bytes that are no
    # text were never signed; they are to fail there and nowhere else.
    query = request.query_string.decode("utf-8", "replace")
    address = f"{settings.public_url}{request.path}?{query}".rstrip("?")
    # A missing header must be "": None crashes the validator.
    signature = request.headers.get("X-Twilio-Signature", "")
    token = settings.twilio_auth_token
    if token is None or not RequestValidator(token).validate(address, request.form, signature):
        raise NotAllowed()
    try:
        message_id = uuid.UUID(request.args.get("ref", ""))
    except ValueError:
        raise InvalidRequest.at("ref", "receipt-reference-unusable") from None
    provider_id, status = request.form.get("MessageSid"), request.form.get("MessageStatus")
    if not provider_id or not status or len(provider_id + status) > 200 or "\0" in provider_id + status:
        raise InvalidRequest.at("MessageSid", "receipt-incomplete")
    error_code = request.form.get("ErrorCode", "").replace("\0", "")[:20] or None
    with transaction():
        service.note_receipt(message_id, provider_id=provider_id, status=status, error_code=error_code)
