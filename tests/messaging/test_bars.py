"""Addresses to which nothing is sent any more: barred, lifted, asked after (D29)."""

import uuid
from collections.abc import Iterator

import pytest
from flask import Flask

from bas_service.database import new_id, transaction
from bas_service.messaging.queries import barred_among
from bas_service.messaging.rules import BarReason, Channel
from bas_service.messaging.service import bar_address, digest_of, lift_bar
from tests.builders import House
from tests.callers import at_once
from tests.tables import statements_of

MOTHER = (Channel.SMS, "digest of the mother's number")
FATHER = (Channel.SMS, "digest of the father's number")
POST = (Channel.EMAIL, "digest of the mother's address")


@pytest.fixture
def barring(house: House, worker_app: Flask) -> Iterator[House]:
    """Nothing is barred; the test's own code runs as a worker does."""
    with worker_app.app_context():
        yield house


def bar(address: tuple[Channel, str], reason: BarReason, by: uuid.UUID | None = None) -> bool:
    with transaction():
        return bar_address(*address, reason=reason, by=by)


def lift(address: tuple[Channel, str], reason: BarReason) -> bool:
    with transaction():
        return lift_bar(*address, reason=reason, by=None)


def barred(*addresses: tuple[Channel, str]) -> dict[tuple[Channel, str], BarReason]:
    with transaction():
        return barred_among(addresses)


def test_what_is_barred_is_barred_by_its_channel_until_it_is_lifted(barring: House) -> None:
    by = new_id()

    assert bar(MOTHER, BarReason.WRONG_NUMBER, by)
    assert barred(MOTHER, FATHER, (Channel.EMAIL, MOTHER[1])) == {MOTHER: BarReason.WRONG_NUMBER}
    assert [row["barred_by"] for row in barring.sql("SELECT barred_by FROM barred_addresses")] == [by]

    assert lift(MOTHER, BarReason.WRONG_NUMBER)
    assert barred(MOTHER, FATHER) == {}
    assert not lift(MOTHER, BarReason.WRONG_NUMBER)


def test_each_reason_is_lifted_by_itself_and_the_first_one_is_given(barring: House) -> None:
    bar(MOTHER, BarReason.OPTED_OUT)
    bar(MOTHER, BarReason.WRONG_NUMBER)
    assert barred(MOTHER) == {MOTHER: BarReason.OPTED_OUT}

    lift(MOTHER, BarReason.OPTED_OUT)

    assert barred(MOTHER) == {MOTHER: BarReason.WRONG_NUMBER}


def test_barring_twice_even_at_the_same_moment_bars_once(barring: House, worker_app: Flask) -> None:
    def at_the_same_moment() -> bool:
        with worker_app.app_context():
            return bar(POST, BarReason.BOUNCED)

    assert sorted(at_once(*[at_the_same_moment] * 4)) == [False, False, False, True]
    assert not bar(POST, BarReason.BOUNCED)
    lift(POST, BarReason.BOUNCED)
    assert bar(POST, BarReason.BOUNCED)
    assert len(barring.sql("SELECT id FROM barred_addresses")) == 2


def test_any_number_of_addresses_takes_one_statement(barring: House, worker_app: Flask) -> None:
    bar(MOTHER, BarReason.OPTED_OUT)
    bar(FATHER, BarReason.OPTED_OUT)
    for asked in ([], [MOTHER], [MOTHER, FATHER, POST]):
        with statements_of(worker_app) as statements, transaction():
            assert set(barred_among(asked)) == set(asked) & {MOTHER, FATHER}
        assert len(statements) == 1


def test_an_address_is_known_as_that_of_a_representative_is(barring: House, app: Flask) -> None:
    supervisor = barring.a_supervisor()
    child = barring.a_child(supervisor)
    barring.a_representative(
        supervisor, child, phone="+37120000055", email="Mamma@Example.lv", channels=["sms", "email"]
    )
    (kept,) = barring.sql("SELECT phone_digest, email_digest FROM representatives")

    with app.app_context():
        assert digest_of(Channel.SMS, "+37120000055") == kept["phone_digest"]
        assert digest_of(Channel.EMAIL, "mamma@example.LV") == kept["email_digest"]
