"""Endpoints for whoever runs the service: alive, ready, figures."""

from flask import Response
from marshmallow import fields
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bas_service.access.gate import open_to_all
from bas_service.database import rows, transaction
from bas_service.http.bodies import Blueprint
from bas_service.http.fields import Line, Shape
from bas_service.messaging.jobs import outbox_figures

blueprint = Blueprint("oversight", __name__, description="Whether the service works")


class Health(Shape):
    """`ok`, or the answer is a problem."""

    status = Line(10, required=True)


class Readiness(Health):
    """Ready, with the schema's version."""

    schema = fields.String(required=True)


@blueprint.route("/health/live")
@open_to_all
@blueprint.response(200, Health)
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@blueprint.route("/health/ready")
@open_to_all
@blueprint.response(200, Readiness)
def ready() -> dict[str, str]:
    """The database answers too; 503 while it does not."""
    with transaction():
        schema = rows("SELECT version_num FROM alembic_version")[0]["version_num"]
    return {"status": "ok", "schema": schema}


@blueprint.route("/metrics")
@open_to_all
@blueprint.response(200, {"type": "string"}, content_type="text/plain")
def metrics() -> Response:
    """Figures for Prometheus: how many messages are in which state, and how old the oldest of each is."""
    registry = CollectorRegistry()
    messages = Gauge("bas_messages", "Messages by state", ["state"], registry=registry)
    oldest = Gauge("bas_oldest_message_seconds", "Age of the oldest message by state", ["state"], registry=registry)
    with transaction():
        figures = outbox_figures()
    for state, (count, age) in figures.items():
        messages.labels(state).set(count)
        oldest.labels(state).set(age)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
