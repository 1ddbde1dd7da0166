"""The service behind the child support specialist's phone app: the parts are put together here and only here."""

import logging
import os
from enum import StrEnum

from flask import Flask
from flask_smorest import Api
from werkzeug.middleware.proxy_fix import ProxyFix

from bas_service import (
    access,
    announcements,
    calendars,
    caseload,
    children,
    duties,
    hours,
    links,
    meetings,
    messaging,
    referrals,
    replies,
    sealing,
)
from bas_service.access import routes as access_routes
from bas_service.access.tokens import sign_tokens_with
from bas_service.announcements import policy_routes as telling_routes
from bas_service.announcements import template_models, template_routes
from bas_service.calendars import routes as calendars_routes
from bas_service.caseload import assignment_routes, policy_routes
from bas_service.caseload import routes as caseload_routes
from bas_service.children import routes as children_routes
from bas_service.config import Settings, SettingsError, keyring_for, secret_key_of, settings_from
from bas_service.database import connect
from bas_service.duties import routes as duties_routes
from bas_service.duties import service as duties_service
from bas_service.hours import routes as hours_routes
from bas_service.http import models as http_models
from bas_service.http import specification
from bas_service.http.problems import answer_in_problems
from bas_service.http.requests import RequestIdFilter, attend_requests
from bas_service.links import page_routes as link_page_routes
from bas_service.links import routes as links_routes
from bas_service.links import service as links_service
from bas_service.meetings import appointment_routes, calling, following, renewing, series_routes, week_routes
from bas_service.meetings import policy_routes as meeting_policy_routes
from bas_service.meetings import routes as meetings_routes
from bas_service.meetings import series as meetings_series
from bas_service.messaging import routes as messaging_routes
from bas_service.oversight import alarm_routes, figure_models, ledger_routes
from bas_service.oversight import models as oversight_models
from bas_service.oversight import routes as oversight_routes
from bas_service.referrals import routes as referrals_routes
from bas_service.replies import routes as replies_routes
from bas_service.retention import models as retention_models
from bas_service.web import routes as web_routes

__version__ = "0.1.0"
__all__ = ["DatabaseRole", "create_app", "database_url_of"]

# Named so that their models are known wherever the application is.
_PACKAGES = (
    access,
    announcements,
    template_models,
    calendars,
    caseload,
    children,
    duties,
    links,
    hours,
    meetings,
    messaging,
    figure_models,
    oversight_models,
    referrals,
    replies,
    retention_models,
    http_models,
)

# In the order of the specification's parts.
_ROUTES = (
    access_routes,
    children_routes,
    duties_routes,
    referrals_routes,
    caseload_routes,
    policy_routes,
    assignment_routes,
    template_routes,
    telling_routes,
    meetings_routes,
    meeting_policy_routes,
    links_routes,
    series_routes,
    hours_routes,
    calendars_routes,
    appointment_routes,
    week_routes,
    messaging_routes,
    replies_routes,
    oversight_routes,
    ledger_routes,
    alarm_routes,
)


class DatabaseRole(StrEnum):
    """As whom a process works in the database; none of the first two owns anything."""

    APP = "bas_app"
    WORKER = "bas_worker"
    OWNER = "bas_owner"


def create_app(settings: Settings | None = None, *, role: DatabaseRole = DatabaseRole.APP) -> Flask:
    """The application, working under ``role``; raises ``SettingsError`` when a setting is unusable."""
    settings = settings or settings_from(os.environ)
    app = Flask("bas_service", static_folder=None, template_folder=None)
    app.config["BAS"] = settings
    log_to_the_terminal(settings.log_level)
    connect(app, url=database_url_of(settings, role), pool=settings.database_pool)
    sign_tokens_with(app, secret_key_of(settings))
    sealing.use(app, keyring_for(settings))
    attend_requests(app)
    specification.configure(app)
    api = Api(app)
    for routes in _ROUTES:
        api.register_blueprint(routes.blueprint)
    specification.serve(app, api)
    app.register_blueprint(web_routes.blueprint)
    app.register_blueprint(link_page_routes.blueprint)
    # Registered last: whatever a library answers errors with, ours comes after and wins.
    answer_in_problems(app)
    duties_service.listen()
    following.listen()
    calling.listen()
    renewing.listen()
    meetings_series.listen()
    links_service.listen()
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def database_url_of(settings: Settings, role: DatabaseRole) -> str:
    """The database's URL for a role; starts or joins the embedded PostgreSQL when none is configured."""
    if settings.embedded:
        from bas_service import embedded

        return embedded.hold(settings.data_dir).url(role.value)
    names = {
        DatabaseRole.APP: "database_url",
        DatabaseRole.WORKER: "worker_database_url",
        DatabaseRole.OWNER: "owner_database_url",
    }
    url: str | None = getattr(settings, names[role])
    if url is None:
        raise SettingsError(
            f"BAS_{names[role].upper()} is needed besides BAS_DATABASE_URL: the same database as the role {role}."
        )
    return url


def log_to_the_terminal(level: str) -> None:
    """Log to standard error, each line with its request's id; called again it changes only the level."""
    root = logging.getLogger()
    if not any(getattr(handler, "bas", False) for handler in root.handlers):
        handler = logging.StreamHandler()
        handler.bas = True  # type: ignore[attr-defined]
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"))
        handler.addFilter(RequestIdFilter())
        root.addHandler(handler)
    root.setLevel(level)
    # Every job run is an INFO line otherwise.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
