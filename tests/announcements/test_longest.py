"""No text is longer than any provider takes, whatever names, places and wordings are like (D6)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bas_service import clock
from bas_service.announcements.free_text import length_of, shortened
from bas_service.announcements.rules import Reason, Told, wording_of
from bas_service.messaging.segments import MOST_CHARACTERS, DiacriticsPolicy
from bas_service.translation import Language
from tests.announcements.test_by_every_channel import Family, family
from tests.builders import at, soon
from tests.callers import done

__all__ = ["family"]

START = datetime(2027, 11, 24, 10, 30, tzinfo=UTC)
NEEDED = "IZMAINAS {name} {when}: {activity}, {place}, {duration}.{before} {contact} "


def told(letter: str) -> Told:
    """A meeting of which everything is as long as it may be."""
    return Told(
        given_name=letter * 100,
        kind="accompaniment",
        starts_at=START,
        expected_minutes=1439,
        place_type="address",
        place_name=letter * 200,
        place_address=letter * 300,
        specialist_name=letter * 100,
        specialist_phone="+37120000100",
    )


@pytest.mark.parametrize(
    "template", [None, NEEDED + "a" * 500, "{when} {place} {duration} " + "{contact}{place}" * 30]
)
@pytest.mark.parametrize("letter", ["Ž", "щ", "😀", "…", "a."])
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("reason", Reason)
def test_no_text_is_longer_than_a_provider_takes(
    reason: Reason, language: Language, letter: str, template: str | None
) -> None:
    meeting = told(letter)
    before = replace(meeting, starts_at=START - timedelta(days=1), place_name="b" * 200, place_address="c" * 300)
    days = tuple(START + timedelta(days=day, minutes=5 * day) for day in range(1, 14))
    for one, was in (
        (meeting, before),
        (replace(meeting, also_at=days), replace(before, also_at=days)),
    ):
        said = wording_of(one, reason, language, template=template, before=was, diacritics=DiacriticsPolicy.DROP)
        assert length_of(said) <= MOST_CHARACTERS
        # Whatever is cut, it is not when it is.
        if reason not in {Reason.EXTENDED, Reason.RETURNED}:
            assert "23.11." in said if reason is Reason.CANCELLED else "24.11." in said


def test_what_fits_is_not_cut_and_what_does_not_is_cut_at_the_place() -> None:
    usual = replace(told("Z"), given_name="Anna", specialist_name="Ilze")
    before = replace(usual, place_name="M" * 200, place_address="B" * 300)

    whole = wording_of(usual, Reason.CHANGED, Language.LATVIAN, before=before)
    cut = wording_of(usual, Reason.CHANGED, Language.LATVIAN, before=before, template=NEEDED + "a" * 500)

    assert "Z" * 200 + ", " + "Z" * 300 in whole
    assert "M" * 200 + ", " + "B" * 300 in whole
    assert "Z" * 77 + "..., " + "Z" * 77 + "..." in cut
    assert cut.endswith("+37120000100 " + "a" * 500)


@pytest.mark.parametrize(
    ("said", "short"),
    [
        ("abcdefgh", "abcdefgh"),
        ("abcdefghi", "abcde..."),
        ("abcd efgh", "abcd..."),
        ("aa😀😀😀", "aa😀😀😀"),
        ("aaaa😀😀😀", "aaaa..."),
    ],
)
def test_a_place_is_cut_at_a_whole_character(said: str, short: str) -> None:
    assert shortened(said, 8) == short


def test_a_wording_that_could_become_too_long_is_refused_and_a_shorter_one_is_not(family: Family) -> None:
    form = {"reason": "changed", "language": "lv", "body": NEEDED + "a" * 500}
    refused = family.administrator.post("message-templates/preview", form)
    assert refused.status_code == 422
    (error,) = refused.get_json()["errors"]
    assert (error["pointer"], "1600" in error["detail"].replace("\u00a0", "").replace(",", "")) == ("/body", True)

    family.house.a_template(
        family.administrator, **form | {"body": NEEDED + "a" * 100}, valid_from=clock.today().isoformat()
    )
    longest = {"type": "address", "name": "N" * 200, "address": "A" * 300}
    meeting = family.plan(starts_at=at(soon(hours=30)), place=longest)
    family.worker_step()
    changed = family.change(meeting, place=longest | {"name": "M" * 200})

    text = changed["announcements"][-1]["text"]
    assert "M" * 200 in text and "N" * 200 in text and "a" * 100 in text  # noqa: PT018
    assert done(family.specialist.get(f"meetings/{meeting['id']}"))["announcements"][-1]["text"] == text
