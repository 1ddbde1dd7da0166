"""What the holder of a link sees and moves in the database, and nobody else moves (D25, D32)."""

import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.access.two_teams import ABOUT_A_CHILD, DENIED, NEW_ROWS, SIGHT, Scene

# As a row of the holder of a link about this child would look like.
OF_A_LINK = {
    "link_visits": "INSERT INTO link_visits (id, link_id, child_id, representative_id, at, did)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), :child, gen_random_uuid(), now(), 'opened')",
    "consent_proofs": "INSERT INTO consent_proofs (id, child_id, representative_id, link_id, act, at, language,"
    " wording_version, wording, channel, factor, content_digest) VALUES (gen_random_uuid(), :child,"
    " gen_random_uuid(), gen_random_uuid(), 'refused', now(), 'lv', '1', 'x', 'sms', 'phone_digits', 'x')",
    "confirmations": "INSERT INTO confirmations (id, meeting_id, child_id, representative_id, telling, confirmed_at)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), :child, gen_random_uuid(), 1, now())",
}


@pytest.mark.parametrize("table", OF_A_LINK)
def test_nobody_with_an_account_writes_what_the_holder_of_a_link_does(scene: Scene, table: str) -> None:
    for who in SIGHT:
        for name in ("Anna", "Carlo"):
            assert scene.try_as(who, OF_A_LINK[table], child=scene.id_of(name)) == DENIED, (who, name)


HANDED = """
    UPDATE links SET token_digest = 'of ' || :child WHERE child_id = CAST(:child AS uuid)
"""


@pytest.fixture
def link_in_hand(scene: Scene) -> Iterator[sqlalchemy.Connection]:
    """The database as the application's role, asking for the holder of the link about Anna."""
    scene.house.sql(HANDED, child=scene.id_of("Anna"))
    with scene.house.asking(None) as connection:
        connection.execute(
            text("SELECT set_config('bas.link', :digest, true)"), {"digest": f"of {scene.id_of('Anna')}"}
        )
        yield connection


SHOWN_BY_A_LINK = {
    "children",
    "representatives",
    "protected_places",
    "cases",
    "meetings",
    "consents",
    "duties",
    "series",
}
OWN_BY_A_LINK = {"consent_requests", "links", "confirmations"}


def test_a_link_shows_its_own_child_and_of_that_what_its_pages_need(
    scene: Scene, link_in_hand: sqlalchemy.Connection
) -> None:
    names = {uuid.UUID(child["id"]): name for name, child in scene.children.items()}
    seen = {
        table: {names[one] for one in link_in_hand.execute(text(f"SELECT {column} FROM {table}")).scalars()}
        for table, column in ABOUT_A_CHILD.items()
    }

    assert {table: whose for table, whose in seen.items() if whose} == dict.fromkeys(
        SHOWN_BY_A_LINK | OWN_BY_A_LINK, {"Anna"}
    )


@pytest.mark.parametrize(
    ("statement", "outcome"),
    [
        ("UPDATE children SET given_name = 'x'", DENIED),
        ("UPDATE meetings SET note = 'x'", 0),
        ("UPDATE representatives SET phone = 'x'", 0),
        ("UPDATE cases SET outcome = 'x'", 0),
        ("UPDATE messages SET state = 'withdrawn'", 0),
        # Only the mother's, who holds the link.
        ("UPDATE consents SET withdrawn_at = now()", 1),
        ("UPDATE links SET spent_at = now()", 1),
        ("DELETE FROM consents", DENIED),
        (NEW_ROWS["consents"], DENIED),
        (NEW_ROWS["representatives"], DENIED),
        (NEW_ROWS["meetings"], DENIED),
        (NEW_ROWS["consent_requests"], DENIED),
        (NEW_ROWS["links"], DENIED),
        (NEW_ROWS["messages"], DENIED),
    ],
)
def test_a_link_moves_what_an_answer_moves_and_nothing_else(
    scene: Scene, link_in_hand: sqlalchemy.Connection, statement: str, outcome: str | int
) -> None:
    try:
        done_to: str | int = link_in_hand.execute(text(statement), {"child": scene.id_of("Anna")}).rowcount
    except SQLAlchemyError as error:
        done_to = error.orig.sqlstate

    assert done_to == outcome


@pytest.mark.parametrize(
    "spoiled",
    [
        "UPDATE links SET withdrawn_at = now()",
        "UPDATE links SET expires_at = now()",
        "UPDATE links SET locked_at = now(), wrong_tries = 5",
        "UPDATE links SET spent_at = now() - interval '16 minutes'",
        "UPDATE links SET token_digest = 'another' WHERE child_id = '{anna}'",
        "UPDATE representatives SET state = 'suspended'",
        "UPDATE representatives SET valid_from = '2020-01-01', valid_until = '2020-12-31'",
        "UPDATE representatives SET phone_digest = 'another'",
        "INSERT INTO protected_places SELECT gen_random_uuid(), child_id, representative_id, 'x', now(), created_by"
        " FROM links WHERE child_id = '{anna}'",
    ],
)
def test_a_link_that_does_not_work_shows_nothing_in_the_database_either(scene: Scene, spoiled: str) -> None:
    scene.house.sql(HANDED, child=scene.id_of("Anna"))
    with scene.house.owner.connect() as connection:
        seen = []
        for statement in ("SELECT 1", spoiled.format(anna=scene.id_of("Anna"))):
            connection.execute(text(statement))
            found = connection.execute(text("SELECT count(*) FROM open_link(:d)"), {"d": f"of {scene.id_of('Anna')}"})
            seen.append(found.scalar())
        connection.rollback()

    assert seen == [1, 0]
