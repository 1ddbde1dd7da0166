"""Links without a database: what is typed, how far a request has come, and that words have a version."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from bas_service.links import passes
from bas_service.links.rules import (
    WORDING_VERSION,
    Factor,
    Progress,
    RequestState,
    factor_of,
    spelled_factor,
    state_of,
)
from bas_service.messaging.rules import Channel
from bas_service.translation import TEXTS, Language

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "factor", "spelled"),
    [
        ("1234", Factor.PHONE_DIGITS, "1234"),
        (" 12 34 ", Factor.PHONE_DIGITS, "1234"),
        ("", Factor.PHONE_DIGITS, ""),
        ("2014-05-04", Factor.BIRTH_DATE, "2014-05-04"),
        ("04.05.2014", Factor.BIRTH_DATE, "2014-05-04"),
        ("4.5.2014.", Factor.BIRTH_DATE, "2014-05-04"),
        ("04/05/2014", Factor.BIRTH_DATE, "2014-05-04"),
        ("2014", Factor.BIRTH_DATE, "2014"),
    ],
)
def test_what_is_typed_is_compared_however_it_is_spelled(given: str, factor: Factor, spelled: str) -> None:
    assert spelled_factor(given, factor) == spelled


def test_the_second_factor_is_nothing_that_the_way_of_the_link_gives_away() -> None:
    assert [factor_of(channel) for channel in Channel] == [Factor.PHONE_DIGITS, Factor.BIRTH_DATE]


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ({}, RequestState.SENT),
        ({"opened_at": NOW}, RequestState.OPENED),
        ({"opened_at": NOW, "locked_at": NOW}, RequestState.LOCKED),
        ({"opened_at": NOW, "expires_at": NOW}, RequestState.EXPIRED),
        ({"withdrawn_at": NOW, "expires_at": NOW, "locked_at": NOW}, RequestState.WITHDRAWN),
        ({"answer": "yes", "expires_at": NOW}, RequestState.YES),
        ({"answer": "no", "locked_at": NOW}, RequestState.NO),
    ],
)
def test_what_ended_a_request_first_is_its_state(known: dict, state: RequestState) -> None:
    nothing = {"answer": None, "withdrawn_at": None, "opened_at": None, "locked_at": None}
    progress = Progress(**nothing | {"expires_at": NOW + timedelta(days=7)} | known)

    assert state_of(progress, now=NOW) is state


def test_tokens_have_more_than_128_bits_and_fit_an_address() -> None:
    tokens = {passes.new_token() for _ in range(1000)}

    assert len(tokens) == 1000
    assert 62**passes.TOKEN_LENGTH > 2**128
    assert all(token.isalnum() and token.isascii() and len(token) == 22 for token in tokens)


# Of each version of what representatives read before they answer: whoever changes a word makes a new version.
VERSIONS = {"1": "aa36faee3db637d2"}


def test_whoever_changes_the_words_of_a_consent_makes_a_new_version() -> None:
    words = hashlib.sha256()
    for language in Language:
        text, counts = (TEXTS / language.value / "links.ftl").read_text(encoding="utf-8"), False
        for line in text.splitlines():
            counts = line.startswith("consent-") if not line.startswith(" ") else counts
            words.update(f"{line}\n".encode() if counts else b"")

    assert VERSIONS[WORDING_VERSION] == words.hexdigest()[:16]
