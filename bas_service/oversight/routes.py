"""Endpoints for whoever runs the service: alive, ready, figures, how the channels are."""

from typing import Any

from flask import Response, current_app
from marshmallow import fields
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bas_service.access.gate import gate, open_to_all
from bas_service.access.rules import Role
from bas_service.database import rows, transaction
from bas_service.http.bodies import Blueprint
from bas_service.http.fields import Amount, Choice, Line, Moment, Part, Several, Shape, Whole, YesNo
from bas_service.messaging.breaker import channel_figures
from bas_service.messaging.jobs import outbox_figures
from bas_service.messaging.queries import sending_times, waits
from bas_service.messaging.rules import Channel, ChannelState
from bas_service.oversight import alarm_queries, watching
from bas_service.oversight.alarm_rules import limits_of
from bas_service.oversight.sending_metrics import SendingMetrics

_MESSAGES = "Messages by state: all that wait or are in doubt, of the others those of the past day"
_WATCHED = (
    ("bas_oldest_due_seconds", "For how long the message that waits longest has been due", "oldest_due_seconds"),
    ("bas_uncertain_messages", "Messages in doubt that are still of use", "uncertain"),
    ("bas_unreached_duties", "Open duties to tell a representative whom no text reached", "unreached"),
    ("bas_worker_heartbeat_age_seconds", "How long ago some worker gave a sign of life", "worker_seconds"),
)

blueprint = Blueprint("oversight", __name__, description="Whether the service works")


class Health(Shape):
    """`ok`, or the answer is a problem."""

    status = Line(10, required=True)


class Readiness(Health):
    """Ready, with the schema's version, and how long ago some worker gave a sign of life; null when none ever did."""

    schema = fields.String(required=True)
    worker_seconds = Amount(most=10**10, required=True, allow_none=True)
    # those that are out of order; the service is ready all the same, and their messages wait
    channels_stopped = Several(Choice(Channel), most=10, required=True)


class ChannelView(Shape):
    """One channel by which families are told, and since when it works or does not."""

    channel = Choice(Channel, required=True)
    # whether a worker was given what it takes to send by it
    carried = YesNo(required=True)
    state = Choice(ChannelState, required=True)
    since = Moment(required=True)
    failures_in_a_row = Whole(0, 2**31 - 1, required=True)
    # what the provider said when it stopped
    error_code = Line(100, required=True, allow_none=True)
    # when the next message is tried by it
    probe_at = Moment(required=True, allow_none=True)


class ChannelsList(Shape):
    """All channels."""

    items = Several(Part(ChannelView), most=10, required=True)
    next = Line(500, required=True, allow_none=True)


@blueprint.route("/health/live")
@open_to_all
@blueprint.response(200, Health)
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@blueprint.route("/health/ready")
@open_to_all
@blueprint.response(200, Readiness)
def ready() -> dict[str, Any]:
    """The database answers too; 503 while it does not. A silent worker is an alarm, and no reason to stop asking."""
    with transaction():
        watching.watch(limits_of(current_app.config["BAS"]))
        schema = rows("SELECT version_num FROM alembic_version")[0]["version_num"]
        figures, channels = watching.service_figures(), channel_figures()
    stopped = [one["channel"] for one in channels if one["state"] != ChannelState.CLOSED]
    return {
        "status": "ok",
        "schema": schema,
        "worker_seconds": figures["worker_seconds"],
        "channels_stopped": stopped,
    }


@blueprint.route("/api/v1/channels")
@gate(Role.SUPERVISOR, Role.COORDINATOR, Role.ADMINISTRATOR)
@blueprint.response(200, ChannelsList)
def channels() -> dict[str, Any]:
    """Whether families can be told by each channel at the moment."""
    return {"items": channel_figures(), "next": None}


@blueprint.route("/metrics")
@open_to_all
@blueprint.response(200, {"type": "string"}, content_type="text/plain")
def metrics() -> Response:
    """Figures for Prometheus: messages by state, what waits and is in doubt, how long sending takes, alarms."""
    registry = CollectorRegistry()
    messages = Gauge("bas_messages", _MESSAGES, ["state"], registry=registry)
    oldest = Gauge("bas_oldest_message_seconds", "Age of the oldest message by state", ["state"], registry=registry)
    alarms = Gauge("bas_alarm", "Alarms that are open, by kind", ["kind"], registry=registry)
    stopped = Gauge("bas_channel_stopped", "1 while a channel is out of order", ["channel"], registry=registry)
    with transaction():
        watching.watch(limits_of(current_app.config["BAS"]))
        figures, outbox, kinds = watching.service_figures(), outbox_figures(), alarm_queries.open_kinds()
        channels = channel_figures()
        registry.register(SendingMetrics(sending_times(), waits()))
    for one in channels:
        stopped.labels(one["channel"]).set(one["state"] != ChannelState.CLOSED)
    for state, (count, age) in outbox.items():
        messages.labels(state).set(count)
        oldest.labels(state).set(age)
    for kind, number in kinds.items():
        alarms.labels(kind).set(number)
    for name, said, member in _WATCHED:
        # Of what nobody knows, nothing is said.
        if figures[member] is not None:
            Gauge(name, said, registry=registry).set(figures[member])
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
