"""When a meeting may be planned, and which of its parts the representatives are told."""

from datetime import UTC, datetime, timedelta

import pytest

from bas_service.errors import InvalidRequest
from bas_service.meetings.models import Meeting
from bas_service.meetings.rules import (
    FURTHEST_AHEAD,
    TOLD_PARTS,
    Kind,
    MeetingState,
    MeetingStateUnfit,
    PlaceType,
    check_accompaniment,
    check_end,
    check_place,
    check_start,
    check_state,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def place_of(refused: pytest.ExceptionInfo[InvalidRequest]) -> tuple[str, str]:
    ((pointer, said),) = refused.value.members["errors"]
    return pointer, str(said)


@pytest.mark.parametrize(
    ("starts_at", "wrong"),
    [
        (NOW - SECOND, "start-in-the-past"),
        (NOW, "start-in-the-past"),
        (NOW + SECOND, None),
        (NOW + FURTHEST_AHEAD, None),
        (NOW + FURTHEST_AHEAD + SECOND, "start-too-far-ahead"),
    ],
)
def test_a_start_lies_ahead_and_not_more_than_a_year(starts_at: datetime, wrong: str | None) -> None:
    if wrong is None:
        check_start(starts_at, NOW)
        return
    with pytest.raises(InvalidRequest) as refused:
        check_start(starts_at, NOW)
    assert place_of(refused) == ("/starts_at", wrong)


@pytest.mark.parametrize("place_type", PlaceType)
def test_an_address_and_a_way_need_words(place_type: PlaceType) -> None:
    check_place(place_type, "Bibliotēka", None)
    check_place(place_type, None, "Brīvības iela 1")
    if place_type not in {PlaceType.ADDRESS, PlaceType.ON_THE_WAY}:
        check_place(place_type, None, None)
        return
    with pytest.raises(InvalidRequest) as refused:
        check_place(place_type, None, None)
    assert place_of(refused) == ("/place/name", "place-needs-words")


def test_an_accompaniment_says_where_to_and_a_session_does_not() -> None:
    check_accompaniment(Kind.ACCOMPANIMENT, "School")
    check_accompaniment(Kind.SESSION, None)
    with pytest.raises(InvalidRequest) as refused:
        check_accompaniment(Kind.ACCOMPANIMENT, None)
    assert place_of(refused) == ("/accompaniment", "accompaniment-needed")
    with pytest.raises(InvalidRequest) as refused:
        check_accompaniment(Kind.SESSION, "School")
    assert place_of(refused) == ("/accompaniment", "accompaniment-not-for-sessions")


def test_what_does_not_fit_the_state_is_refused_with_the_state() -> None:
    check_state("planned", MeetingState.PLANNED)
    with pytest.raises(MeetingStateUnfit) as refused:
        check_state("held", MeetingState.PLANNED, MeetingState.UNDER_WAY)
    assert refused.value.members == {"state": "held"}


@pytest.mark.parametrize(
    ("ended_at", "wrong"),
    [
        (NOW, None),
        (NOW + SECOND, None),
        (NOW - SECOND, "end-before-beginning"),
        (NOW + 2 * SECOND, "moment-in-the-future"),
    ],
)
def test_a_meeting_ends_after_it_began_and_not_in_the_future(ended_at: datetime, wrong: str | None) -> None:
    if wrong is None:
        check_end(ended_at, NOW, NOW + SECOND)
        return
    with pytest.raises(InvalidRequest) as refused:
        check_end(ended_at, NOW, NOW + SECOND)
    assert place_of(refused) == ("/ended_at", wrong)


def test_the_told_parts_are_columns_of_a_meeting() -> None:
    assert set(Meeting.__table__.columns.keys()) >= TOLD_PARTS
