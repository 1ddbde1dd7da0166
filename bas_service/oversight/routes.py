"""Endpoints for whoever runs the service: alive, ready, figures."""

from typing import Any

from flask import Response, current_app
from marshmallow import fields
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bas_service.access.gate import open_to_all
from bas_service.database import rows, transaction
from bas_service.http.bodies import Blueprint
from bas_service.http.fields import Amount, Line, Shape
from bas_service.messaging.jobs import outbox_figures
from bas_service.oversight import alarm_queries, watching
from bas_service.oversight.alarm_rules import limits_of

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
        figures = watching.service_figures()
    return {"status": "ok", "schema": schema, "worker_seconds": figures["worker_seconds"]}


@blueprint.route("/metrics")
@open_to_all
@blueprint.response(200, {"type": "string"}, content_type="text/plain")
def metrics() -> Response:
    """Figures for Prometheus: messages by state, what waits and is in doubt, the workers' sign of life, alarms."""
    registry = CollectorRegistry()
    messages = Gauge("bas_messages", "Messages by state", ["state"], registry=registry)
    oldest = Gauge("bas_oldest_message_seconds", "Age of the oldest message by state", ["state"], registry=registry)
    alarms = Gauge("bas_alarm", "Alarms that are open, by kind", ["kind"], registry=registry)
    with transaction():
        watching.watch(limits_of(current_app.config["BAS"]))
        figures, outbox, kinds = watching.service_figures(), outbox_figures(), alarm_queries.open_kinds()
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
