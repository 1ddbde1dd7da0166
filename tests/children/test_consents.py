"""What representatives agreed to, and from whom a child's place is kept (D7, D25, D29)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from bas_service import clock
from tests.builders import House, at, soon
from tests.callers import Phone, done, invalid, refusal_of


def day(days: int) -> str:
    """A day some days from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


@pytest.fixture
def supervisor(house: House) -> Phone:
    """A supervisor."""
    return house.a_supervisor()


@pytest.fixture
def child(house: House, supervisor: Phone) -> dict[str, Any]:
    """A child."""
    return house.a_child(supervisor)


@pytest.fixture
def mother(house: House, supervisor: Phone, child: dict[str, Any]) -> dict[str, Any]:
    """The child's mother."""
    return house.a_representative(supervisor, child)


def form_of(mother: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "representative_id": mother["id"],
        "scope": "accompaniment",
        "given_at": "2026-03-02T12:00:00+02:00",
        "means": "paper",
    } | more


def path_of(child: dict[str, Any]) -> str:
    return f"children/{child['id']}/consents"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"institution": "Rīgas 1. slimnīca", "valid_until": day(30)},
        {"institution": None, "valid_until": None, "means": "oral_confirmed"},
        {"scope": "transport", "means": "sms"},
        {"means": "link", "valid_until": "2026-03-02"},
        {"means": "email", "id": str(uuid.uuid4())},
    ],
)
def test_a_consent_is_recorded_as_it_was_given(
    supervisor: Phone, child: dict[str, Any], mother: dict[str, Any], more: dict[str, Any]
) -> None:
    consent = done(supervisor.post(path_of(child), form_of(mother, **more)))

    assert consent == {
        "institution": None,
        "valid_until": None,
        "witness": None,
        "kept_at": None,
        "note": None,
        "withdrawn_at": None,
        "child_id": child["id"],
        "version": 1,
        "id": consent["id"],
    } | form_of(mother, **more) | {"given_at": "2026-03-02T10:00:00Z"}
    assert done(supervisor.get(path_of(child))) == {"items": [consent], "next": None}


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"representative_id": str(uuid.uuid4())}, ["/representative_id"]),
        ({"representative_id": None}, ["/representative_id"]),
        ({"given_at": at(soon(hours=1))}, ["/given_at"]),
        ({"given_at": "2026-03-02"}, ["/given_at"]),
        ({"given_at": "2026-03-02T12:00:00"}, ["/given_at"]),
        # Given shortly after midnight in Riga, when it was still the day before in UTC.
        ({"given_at": "2026-03-02T22:30:00Z", "valid_until": "2026-03-02"}, ["/valid_until"]),
        ({"scope": "everything"}, ["/scope"]),
        ({"means": "telepathy"}, ["/means"]),
        ({"institution": ""}, ["/institution"]),
        ({"withdrawn_at": None}, ["/withdrawn_at"]),
    ],
)
def test_a_consent_of_another_shape_is_not_recorded(
    supervisor: Phone, child: dict[str, Any], mother: dict[str, Any], change: dict[str, Any], places: list[str]
) -> None:
    assert refusal_of(supervisor.post(path_of(child), form_of(mother) | change)) == invalid(*places)
    assert done(supervisor.get(path_of(child)))["items"] == []
    done(supervisor.post(path_of(child), form_of(mother)))


def test_a_consent_and_a_protected_place_need_a_representative_of_this_child(
    house: House, supervisor: Phone, child: dict[str, Any], mother: dict[str, Any]
) -> None:
    brother = house.a_child(supervisor)
    places = f"children/{brother['id']}/protected-places"
    protection = {"from_representative_id": mother["id"], "reason": "court"}

    assert refusal_of(supervisor.post(path_of(brother), form_of(mother))) == invalid("/representative_id")
    assert refusal_of(supervisor.post(places, protection)) == invalid("/from_representative_id")
    done(supervisor.post(path_of(child), form_of(mother)))
    done(supervisor.post(f"children/{child['id']}/protected-places", protection))


def test_a_consent_is_withdrawn_once_on_the_version_in_hand(
    house: House, supervisor: Phone, child: dict[str, Any], mother: dict[str, Any]
) -> None:
    consent = house.a_consent(supervisor, mother)
    path = f"consents/{consent['id']}/withdraw"

    assert refusal_of(supervisor.post(path)) == {"type": "version-needed"}
    assert refusal_of(supervisor.post(path, If_Match='"7"')) == {"type": "version-stale", "current": consent}
    withdrawn = done(supervisor.act(path, consent))
    assert withdrawn == consent | {"version": 2, "withdrawn_at": withdrawn["withdrawn_at"]}
    assert withdrawn["withdrawn_at"] > consent["given_at"]
    assert refusal_of(supervisor.act(path, withdrawn)) == {"type": "consent-already-withdrawn"}
    assert done(supervisor.get(path_of(child)))["items"] == [withdrawn]


def test_there_are_no_consents_of_an_unknown_child_and_none_under_an_unknown_id(
    supervisor: Phone, child: dict[str, Any], mother: dict[str, Any]
) -> None:
    nobody = {"id": str(uuid.uuid4()), "version": 1}

    assert refusal_of(supervisor.get(path_of(nobody))) == {"type": "not-found"}
    assert refusal_of(supervisor.post(path_of(nobody), form_of(mother))) == {"type": "not-found"}
    assert refusal_of(supervisor.act(f"consents/{nobody['id']}/withdraw", nobody)) == {"type": "not-found"}


def test_a_childs_place_is_protected_from_somebody_once(
    supervisor: Phone, child: dict[str, Any], mother: dict[str, Any]
) -> None:
    path = f"children/{child['id']}/protected-places"
    form = {"from_representative_id": mother["id"], "reason": "Court's decision 7"}

    protected = done(supervisor.post(path, form))

    assert protected == form | {
        "id": protected["id"],
        "child_id": child["id"],
        "created_at": protected["created_at"],
    }
    assert refusal_of(supervisor.post(path, form)) == {"type": "place-already-protected"}


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"from_representative_id": str(uuid.uuid4())}, ["/from_representative_id"]),
        ({"from_representative_id": None}, ["/from_representative_id"]),
        ({"reason": ""}, ["/reason"]),
        ({"until": "2026-03-02"}, ["/until"]),
    ],
)
def test_a_protection_of_another_shape_is_refused(
    supervisor: Phone, child: dict[str, Any], mother: dict[str, Any], change: dict[str, Any], places: list[str]
) -> None:
    path = f"children/{child['id']}/protected-places"
    form = {"from_representative_id": mother["id"], "reason": "Court's decision 7"}

    assert refusal_of(supervisor.post(path, form | change)) == invalid(*places)
    done(supervisor.post(path, form))
