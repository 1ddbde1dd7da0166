"""The hooks: what a provider signed is kept and answered at once; the worker does the rest."""

import re
import uuid

from flask import current_app, request
from twilio.request_validator import RequestValidator

from bas_service.access.gate import open_to_all
from bas_service.database import transaction
from bas_service.errors import InvalidRequest, NotAllowed
from bas_service.http.bodies import Blueprint
from bas_service.http.specification import may_answer
from bas_service.messaging import inbound, service

blueprint = Blueprint("hooks", __name__, description="What providers report")

# Longer than any id and state of the provider's.
_LONGEST = 200
# A number, a short one, a name; never longer than a line.
_SENDER = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,49}", re.ASCII)


def _body_with(*names: str) -> dict[str, object]:
    """A form's description, as these hooks take it: the provider adds fields without notice."""
    fields = {name: {"type": "string"} for name in names}
    schema = {"type": "object", "properties": fields}
    return {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}


@blueprint.route("/hooks/twilio/status", methods=["POST"])
@open_to_all
@may_answer(403)
@blueprint.doc(
    requestBody=_body_with("MessageSid", "MessageStatus"),
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
    _check_signature()
    try:
        message_id = uuid.UUID(request.args.get("ref", ""))
    except ValueError:
        raise InvalidRequest.at("ref", "receipt-reference-unusable") from None
    provider_id, status = request.form.get("MessageSid"), request.form.get("MessageStatus")
    if not provider_id or not status or _is_unusable(provider_id + status):
        raise InvalidRequest.at("MessageSid", "receipt-incomplete")
    error_code = request.form.get("ErrorCode", "").replace("\0", "")[:20] or None
    with transaction():
        service.note_receipt(message_id, provider_id=provider_id, status=status, error_code=error_code)


@blueprint.route("/hooks/twilio/inbound", methods=["POST"])
@open_to_all
@may_answer(403)
@blueprint.doc(requestBody=_body_with("MessageSid", "From", "Body"))
@blueprint.response(204)
def twilio_inbound() -> None:
    """Take a text that somebody sent to our number; nothing is ever answered to it by itself."""
    _check_signature()
    provider_id, sender = request.form.get("MessageSid"), request.form.get("From", "")
    if not provider_id or _is_unusable(provider_id) or not _SENDER.fullmatch(sender):
        raise InvalidRequest.at("MessageSid", "inbound-text-incomplete")
    with transaction():
        inbound.note_text(provider_id, sender=sender, body=request.form.get("Body", ""))


def _check_signature() -> None:
    """Raises ``NotAllowed`` unless the provider signed the request, all of its fields included."""
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


def _is_unusable(text: str) -> bool:
    return len(text) > _LONGEST or "\0" in text
