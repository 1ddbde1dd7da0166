"""Imports run downwards only, and each kind of file uses what its duty needs."""

import ast
import re
import sys
from collections.abc import Iterator

import pytest

from bas_service.database import db
from tests.the_house.sources import calls_in, imported_names, imports_of, texts_in, trees

# From the ground up; those on one floor do not know each other. The last ones put everything together.
FLOORS = [
    {"clock", "errors", "sealing", "translation"},
    {"setting_values"},
    {"config", "database"},
    {"http"},
    {"embedded"},
    {"access"},
    {"messaging"},
    {"children"},
    {"duties"},
    {"caseload"},
    {"referrals"},
    {"announcements", "replies"},
    {"meetings"},
    {"links"},
    {"calendars", "hours", "oversight", "retention"},
    {"web"},
    {"__init__", "schema"},
    {"carriers", "routine"},
    {"rotation", "worker"},
    {"checks", "demo"},
    {"cli"},
    {"__main__"},
]
FLOOR = {part: number for number, floor in enumerate(FLOORS) for part in floor}
GROUND = FLOORS[0] | FLOORS[1] | FLOORS[2] | FLOORS[3]
# One folder for each part of the domain; what is below them is the ground, above them things are put together.
DOMAIN = [
    "access",
    "messaging",
    "children",
    "duties",
    "caseload",
    "referrals",
    "announcements",
    "replies",
    "meetings",
]
DOMAIN += ["links", "calendars", "hours", "oversight", "retention", "web"]

# The duty of a file in a folder of the domain, by its name.
KINDS = {
    **{
        name: name
        for name in ("rules", "models", "queries", "service", "schemas", "pages", "routes", "jobs", "gate", "tokens")
    },
    # Verbs and reads of a folder that has many of them.
    **dict.fromkeys(("attempts", "browser", "emergency", "one_time_codes", "own_account", "passwords"), "service"),
    **dict.fromkeys(("absences", "contact", "late_news", "leaving", "unreached"), "service"),
    **dict.fromkeys(("assignment", "dated", "exceptions", "history", "policies", "templates"), "service"),
    **dict.fromkeys(("confirming", "withdrawing", "passes", "showing", "visits"), "service"),
    # The steps of a meeting, and what they have in common.
    **dict.fromkeys(("calling", "events", "following", "life_cycle", "renewing", "speaking", "telling"), "service"),
    "event_models": "models",
    "warning_rules": "rules",
    **dict.fromkeys(("series", "series_changing", "series_laying", "series_stopping"), "service"),
    **dict.fromkeys(("series_telling", "series_warnings"), "service"),
    # A calendar as programs outside read it.
    "entries": "service",
    "inbound": "service",
    "inbound_rules": "rules",
    "inbound_models": "models",
    # What somebody who asks carries, and the gate for whom it is asked.
    "cookies": "tokens",
    "page_gate": "gate",
    **dict.fromkeys(("export", "series_queries", "trace"), "queries"),
    # The ledger of what was told, and the service's watch over itself.
    **dict.fromkeys(("alarm_queries", "ledger_queries", "told_queries", "unreached_queries"), "queries"),
    **dict.fromkeys(("alarm_rules", "ledger_rules"), "rules"),
    **dict.fromkeys(("alarm_schemas", "ledger_schemas"), "schemas"),
    "figure_models": "models",
    **dict.fromkeys(("alarm_routes", "ledger_routes"), "routes"),
    "watching": "service",
    "series_jobs": "jobs",
    **dict.fromkeys(("history_rules", "policy_rules", "suggestion_rules", "template_rules", "timing_rules"), "rules"),
    **dict.fromkeys(("series_rules", "series_words"), "rules"),
    **dict.fromkeys(("history_models", "policy_models", "series_models", "template_models"), "models"),
    **dict.fromkeys(("assignment_schemas", "policy_schemas", "series_schemas", "template_schemas"), "schemas"),
    **dict.fromkeys(("assignment_routes", "page_routes", "policy_routes", "template_routes"), "routes"),
    # A child's week, and what leads to a good plan.
    **dict.fromkeys(("appointments", "free_times", "habits", "week"), "service"),
    **dict.fromkeys(("engagements", "search"), "queries"),
    **dict.fromkeys(("appointment_rules", "free_time_rules", "habit_rules", "repetition", "week_rules"), "rules"),
    "appointment_models": "models",
    **dict.fromkeys(("appointment_schemas", "week_schemas"), "schemas"),
    **dict.fromkeys(("appointment_routes", "week_routes"), "routes"),
    "series_routes": "routes",
    # Knowledge that needs nothing but itself.
    **dict.fromkeys(("municipalities", "phone_numbers", "public_holidays", "segments", "twilio_errors"), "lore"),
    **dict.fromkeys(("email_gateway", "gateways", "twilio_gateway"), "gateway"),
    # What the worker does with the outbox besides: what goes by another channel.
    "failing_over": "jobs",
    # Which channels work, how fast anything goes out, and what goes out a second time.
    **dict.fromkeys(("breaker", "once_more", "pacing"), "service"),
    # Figures as a program reads them.
    "sending_metrics": "pages",
    "tellings": "service",
    **dict.fromkeys(("calendar_entries", "calendar_zone", "free_text", "known"), "rules"),
    # Twilio as we know it, in a folder of its own.
    **{
        f"stand_in.{name}": "stand-in"
        for name in ("control", "faults", "http", "pages", "receipts", "texts", "twilio")
    },
}

# For each kind: which kinds of its own folder, which kinds of lower folders, and what of the ground it may use.
LAW: dict[str, tuple[set[str], set[str], set[str]]] = {
    "lore": ({"rules"}, set(), set()),
    "rules": ({"rules", "lore"}, {"rules", "lore"}, {"clock", "errors", "translation"}),
    "models": ({"rules"}, set(), {"database", "sealing"}),
    "tokens": ({"rules"}, set(), {"database", "errors"}),
    "queries": (
        {"models", "rules"},
        {"queries", "rules", "lore"},
        {"clock", "database", "errors", "http", "sealing", "translation"},
    ),
    "service": (
        {"rules", "models", "queries", "service", "tokens", "lore"},
        {"rules", "models", "queries", "service", "lore"},
        {"clock", "database", "errors", "http", "sealing", "translation"},
    ),
    "gate": ({"rules", "queries", "service", "tokens", "gate"}, set(), {"database", "errors", "http"}),
    "schemas": ({"rules", "lore", "schemas"}, {"rules", "lore", "schemas"}, {"errors", "http", "translation"}),
    # How a page looks; what is on it comes from the routes.
    "pages": ({"rules"}, {"rules"}, {"clock", "errors", "http", "translation"}),
    "routes": (
        {"rules", "models", "queries", "service", "schemas", "pages", "gate", "tokens"},
        {"rules", "queries", "gate", "tokens"},
        {"clock", "database", "errors", "http"},
    ),
    "jobs": (
        {"rules", "models", "queries", "service"},
        {"rules", "queries", "service"},
        {"clock", "database", "errors"},
    ),
    "gateway": ({"rules", "jobs", "lore", "gateway"}, set(), {"clock", "config", "database"}),
    "stand-in": ({"lore", "stand-in"}, set(), set()),
}

# Where the code bends the law, and why that is better than the alternative.
BENDS = {
    # A service of one line that hands the figures on would only be in the way.
    ("oversight.routes", "messaging.jobs"),
    ("oversight.routes", "messaging.breaker"),
    # Who is absent, whom a child suits and what was so on a past day are read where that is decided.
    ("web.queries", "caseload.absences"),
    ("web.queries", "caseload.assignment"),
    ("web.queries", "caseload.history"),
}

# A rule is decided by values alone: besides the standard library only what checks numbers, and
# what knows the calendar.
LIBRARIES_OF_RULES = {"dateutil", "holidays", "icalendar", "stdnum"}
WEB = {"flask", "flask_smorest", "flask_jwt_extended", "webargs", "werkzeug"}
NETWORK = (
    "aiohttp",
    "asyncio",
    "http.",
    "requests",
    "smtplib",
    "socket",
    "ssl",
    "twilio",
    "urllib.request",
    "urllib3",
)
KNOWS_THE_WEB = {"routes", "pages", "gate", "tokens"}


def part_of(module: str) -> str:
    """The folder, or the single file, that a module belongs to."""
    return module.partition(".")[0]


def kind_of(module: str) -> str:
    """The duty of a file in a folder of the domain."""
    return KINDS[module.partition(".")[2]]


def in_the_domain() -> list[str]:
    """The modules of the domain's folders, their empty ``__init__`` left out."""
    return [module for module in trees() if part_of(module) in DOMAIN and not module.endswith(".__init__")]


def test_every_module_stands_on_a_floor_and_has_a_duty() -> None:
    assert {part_of(module) for module in trees()} == set(FLOOR)
    assert {module.partition(".")[2] for module in in_the_domain()} <= set(KINDS)


def test_imports_run_downwards_only() -> None:
    upwards = {
        (module, imported)
        for module in trees()
        for imported in imports_of(module)
        if part_of(module) != part_of(imported) and FLOOR[part_of(imported)] >= FLOOR[part_of(module)]
    }

    assert upwards == set()


@pytest.mark.parametrize("kind", sorted(LAW))
def test_a_file_uses_what_its_duty_needs(kind: str) -> None:
    own, lower, ground = LAW[kind]
    bent = {
        (module, imported)
        for module in in_the_domain()
        if kind_of(module) == kind
        for imported in imports_of(module)
        if not imported.endswith(".__init__")
        if part_of(imported) not in (ground if part_of(imported) in GROUND else DOMAIN)
        or (
            part_of(imported) in DOMAIN
            and kind_of(imported) not in (own if part_of(imported) == part_of(module) else lower)
        )
    }

    assert bent == {bend for bend in BENDS if kind_of(bend[0]) == kind}


def test_no_module_leads_back_to_itself() -> None:
    def reached_from(module: str, seen: set[str]) -> set[str]:
        for imported in imports_of(module) - seen:
            seen.add(imported)
            reached_from(imported, seen)
        return seen

    assert {module for module in trees() if module in reached_from(module, set())} == set()


def test_routes_are_known_only_where_the_parts_are_put_together() -> None:
    knowing = {module for module in trees() if any(name.endswith(".routes") for name in imports_of(module))}

    assert knowing == {"__init__"}


def test_the_init_of_a_folder_holds_one_sentence_and_nothing_else() -> None:
    more = {
        module: len(tree.body)
        for module, tree in trees().items()
        if module.endswith(".__init__") and (len(tree.body) != 1 or not ast.get_docstring(tree))
    }

    assert more == {}


def test_rules_need_no_library_but_those_that_check_numbers() -> None:
    libraries = {
        (module, library)
        for module in in_the_domain()
        if kind_of(module) == "rules"
        for library in libraries_of(module) - LIBRARIES_OF_RULES
    }

    assert libraries == set()


def test_only_what_stands_at_the_door_knows_the_web() -> None:
    knowing = {
        (module, library)
        for module in in_the_domain()
        if kind_of(module) not in KNOWS_THE_WEB
        for library in libraries_of(module) & WEB
    }

    assert knowing == set()


def test_only_gateways_can_reach_the_network() -> None:
    """Whatever else could would sooner or later do it while a transaction is open."""
    reaching = {
        (module, name)
        for module in in_the_domain()
        if kind_of(module) not in {"gateway", "stand-in"}
        for name in imported_names(module)
        if name.startswith(NETWORK)
    }

    # How a receipt's signature is checked; it calls nobody.
    assert reaching == {("messaging.routes", "twilio.request_validator.RequestValidator")}


def libraries_of(module: str) -> set[str]:
    """What is imported from elsewhere, by its first name; the standard library does not count."""
    return {name.partition(".")[0] for name in imported_names(module)} - sys.stdlib_module_names - {"bas_service"}


def test_only_the_database_module_begins_and_ends_a_transaction() -> None:
    calling = {
        (module, called)
        for module, tree in trees().items()
        for called, _ in calls_in(tree)
        if called in {"commit", "rollback", "begin", "begin_nested"}
    }

    assert calling == {("database", "begin"), ("database", "commit"), ("database", "rollback")}


def test_a_transaction_is_opened_at_the_edge_and_nowhere_else() -> None:
    opening = {module for module, tree in trees().items() for called, _ in calls_in(tree) if called == "transaction"}

    assert opening == {
        # Every request of somebody signed in.
        "access.gate",
        "access.page_gate",
        # Routes that are open to all.
        "access.routes",
        "links.page_routes",
        "calendars.routes",
        "messaging.routes",
        "oversight.routes",
        "web.routes",
        # Commands, and items of jobs.
        "cli",
        "demo.stage",
        "rotation",
        "routine",
        "worker",
    }


# A caseload without its next meetings is no use on a phone, and two statements are cheaper than a second folder
# that joins both. Who was told by a person knows of a meeting as well as whom a text told: asked apart, each telling
# of each meeting would cost a statement more.
READS_A_HIGHER_TABLE = {("caseload.queries", "meetings"), ("announcements.queries", "told_in_person")}


def test_sql_names_no_table_of_a_higher_floor() -> None:
    owner_of = {
        mapper.local_table.name: part_of(mapper.class_.__module__.removeprefix("bas_service."))
        for mapper in db.Model.registry.mappers
    }
    higher = {
        (module, table)
        for module, tree in trees().items()
        if part_of(module) in DOMAIN or part_of(module) == "http"
        for table in tables_in(tree)
        if table in owner_of and FLOOR[owner_of[table]] > FLOOR[part_of(module)]
    }

    assert higher == READS_A_HIGHER_TABLE


def tables_in(tree: ast.AST) -> Iterator[str]:
    """The tables that the SQL in a module's strings names."""
    for text in texts_in(tree):
        yield from re.findall(r"\b(?:FROM|JOIN|UPDATE|INTO) +(\w+)", text)
