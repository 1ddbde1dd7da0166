"""What is kept of links can be read by whom it is about, is sealed anew with another key, and goes with the child."""

import uuid
from typing import Any

import pytest
from flask import Flask

from bas_service.database import transaction
from bas_service.retention import export
from bas_service.rotation import sealed_columns
from tests.builders import House
from tests.callers import done
from tests.links.family import Family


@pytest.fixture
def kept(family: Family) -> Family:
    """A family of which there is one of everything that links leave behind."""
    family.a_consent_by_link()
    family.house.a_meeting(family.specialist, family.child)
    family.house.a_see_link(family.specialist, family.mother)
    holder = family.holder()
    holder.enter()
    holder.do("read")
    return family


def test_both_archives_hold_questions_links_visits_proofs_and_confirmations(kept: Family, owner_app: Flask) -> None:
    with owner_app.app_context(), transaction():
        child = export.held_about_child(uuid.UUID(kept.child["id"]))
        mother = export.held_about_representative(uuid.UUID(kept.mother["id"]))

    expected = {"consent_requests": 1, "links": 2, "link_visits": 3, "consent_proofs": 1, "confirmations": 1}
    assert {name: len(child[name]) for name in expected} == expected
    assert {name: len(mother[name]) for name in expected} == expected
    assert len(mother["messages"]) == 3
    assert child["links"][0]["recipient"] == kept.mother["phone"]
    assert [name for name in child["links"][0] if "digest" in name] == []
    assert child["consent_proofs"][0]["wording"].startswith("Asked by: Ilze Bērziņa")


def test_when_the_child_is_erased_the_words_go_and_that_there_was_an_answer_stays(
    kept: Family, owner_app: Flask
) -> None:
    house = kept.house
    (case,) = house.sql("SELECT id, version FROM cases")
    closing = {"reason": "goal_reached", "outcome": "Labs", "cancel_meetings": True}
    done(kept.supervisor.act(f"cases/{case['id']}/close", case, closing))
    house.sql("SELECT erase_child(:child)", child=kept.child["id"])

    def left(table: str, *names: str) -> list[dict[str, Any]]:
        return house.sql(f"SELECT DISTINCT {', '.join(names)} FROM {table}")

    assert left("consent_requests", "institution", "purpose", "answer") == [
        {"institution": None, "purpose": "—", "answer": "yes"}
    ]
    assert left("links", "recipient", "recipient_digest") == [{"recipient": None, "recipient_digest": None}]
    assert left("link_visits", "address") == [{"address": None}]
    assert left("consent_proofs", "wording", "sent_to", "address", "user_agent", "act") == [
        {"wording": "—", "sent_to": None, "address": None, "user_agent": None, "act": "agreed"}
    ]
    assert left("consents", "witness", "kept_at", "note") == [{"witness": None, "kept_at": None, "note": None}]


def test_whatever_names_somebody_or_somewhere_is_sealed(kept: Family, house: House) -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table, columns in sealed_columns().items()
        for column in columns
        if table.name in {"consent_requests", "links", "link_visits", "consent_proofs"}
    }

    assert sealed == {
        *("consent_requests.institution", "consent_requests.purpose", "links.recipient", "link_visits.address"),
        *(f"consent_proofs.{name}" for name in ("wording", "sent_to", "address", "user_agent")),
    }
    for name in sealed:
        table, _, column = name.partition(".")
        values = [row[column] for row in house.sql(f"SELECT {column} FROM {table}")]
        assert [value.startswith("s1.") for value in values] == [True] * len(values), name
