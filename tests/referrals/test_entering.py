"""Referrals are entered with few words, corrected until they are decided, listed in pages (D1, D24)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from bas_service import clock
from tests.builders import REFERRAL, House
from tests.callers import Phone, done, invalid, refusal_of
from tests.tables import statements_of

CODE = "320000-00008"


@pytest.fixture
def coordinator(house: House) -> Phone:
    """Somebody whom referrals reach."""
    return house.a_coordinator()


def test_what_was_entered_is_shown_to_coordinators_and_every_supervisor(house: House, coordinator: Phone) -> None:
    referral = house.a_referral(coordinator, personal_code="32000000008", priority="high")

    assert referral == REFERRAL | {
        "id": referral["id"],
        "referred_by": REFERRAL["referred_by"] | {"email": None},
        "received_on": clock.today().isoformat(),
        "personal_code": CODE,
        "language": "lv",
        "priority": "high",
        "state": "new",
        "child_id": None,
        "screening": None,
        "decided_at": None,
        "decided_by": None,
        "decision_words": None,
        "decline_reason": None,
        "decline_form_id": None,
        "despite": None,
        "possible_duplicates": [],
        "known_elsewhere": False,
        "created_at": referral["created_at"],
        "created_by": str(coordinator.account_id),
        "version": 1,
    }
    for phone in (coordinator, house.a_supervisor(), house.a_supervisor()):
        assert done(phone.get(f"referrals/{referral['id']}")) == referral
        assert [item["id"] for item in done(phone.get("referrals"))["items"]] == [referral["id"]]


def test_five_things_are_enough_and_the_date_of_birth_may_come_later(coordinator: Phone) -> None:
    least = {name: value for name, value in REFERRAL.items() if name != "birth_date"}
    least["referred_by"] = {"kind": "person", "name": "Kaimiņiene"}

    referral = done(coordinator.post("referrals", least))

    assert (referral["birth_date"], referral["referred_by"]["phone"]) == (None, None)
    for name in least:
        without = {one: value for one, value in least.items() if one != name}
        assert refusal_of(coordinator.post("referrals", without)) == invalid(f"/{name}")
    later = done(coordinator.change(f"referrals/{referral['id']}", referral, {"birth_date": REFERRAL["birth_date"]}))
    assert (later["birth_date"], later["version"]) == (REFERRAL["birth_date"], 2)


@pytest.mark.parametrize(
    ("wrong", "places"),
    [
        ({"received_on": (clock.today() + timedelta(days=1)).isoformat()}, ["/received_on"]),
        ({"birth_date": (clock.today() + timedelta(days=1)).isoformat()}, ["/birth_date"]),
        ({"personal_code": "320000-00009"}, ["/personal_code"]),
        ({"personal_code": "1", "received_on": "2199-01-01"}, ["/personal_code", "/received_on"]),
        ({"referred_by": {"kind": "robot", "name": "x"}}, ["/referred_by/kind"]),
        ({"referred_by": {"kind": "person"}}, ["/referred_by/name"]),
        ({"referred_by": {"kind": "person", "name": "x", "email": "x"}}, ["/referred_by/email"]),
        ({"referred_by": None}, ["/referred_by"]),
        ({"reason": ""}, ["/reason"]),
        ({"reason": "x" * 5001}, ["/reason"]),
        ({"municipality": "LV-001"}, ["/municipality"]),
        ({"priority": "whenever"}, ["/priority"]),
        ({"state": "accepted"}, ["/state"]),
        ({"child_id": "0190aaaa-0000-7000-8000-000000000001"}, ["/child_id"]),
    ],
)
def test_what_cannot_be_is_refused_at_its_place_when_entering_and_when_correcting(
    house: House, coordinator: Phone, wrong: dict[str, Any], places: list[str]
) -> None:
    assert refusal_of(coordinator.post("referrals", REFERRAL | wrong)) == invalid(*places)
    referral = house.a_referral(coordinator)
    path = f"referrals/{referral['id']}"
    assert refusal_of(coordinator.change(path, referral, wrong)) == invalid(*places)
    assert done(coordinator.get(path)) == referral


def test_a_repeat_of_a_creation_gets_the_first_answer(coordinator: Phone) -> None:
    form = REFERRAL | {"id": str(uuid.uuid4())}

    first, again = (done(coordinator.post("referrals", form)) for _ in range(2))

    assert first == again
    assert refusal_of(coordinator.post("referrals", form | {"reason": "Cits"})) == {"type": "id-already-used"}
    assert len(done(coordinator.get("referrals"))["items"]) == 1


def test_a_correction_counts_a_version_and_the_same_once_more_does_not(house: House, coordinator: Phone) -> None:
    referral = house.a_referral(coordinator)
    path = f"referrals/{referral['id']}"
    change = {"family_name": "Izdomājums", "referred_by": {"kind": "person", "name": "Tante"}, "personal_code": CODE}

    corrected = done(coordinator.change(path, referral, change))

    assert corrected == referral | change | {
        "referred_by": change["referred_by"] | {"phone": None, "email": None},
        "version": 2,
    }
    assert done(coordinator.change(path, corrected, change)) == corrected
    stale = coordinator.change(path, referral, {"priority": "urgent"})
    assert (stale.status_code, stale.get_json()["current"]) == (412, corrected)
    assert coordinator.send("PATCH", path, {"priority": "urgent"}).status_code == 428


def test_contact_reason_and_code_lie_sealed_in_the_table(house: House, coordinator: Phone) -> None:
    referred_by = {"kind": "person", "name": "Tante", "phone": "+371 20000300", "email": "tante@example.lv"}
    house.a_referral(coordinator, referred_by=referred_by, personal_code=CODE)

    (row,) = house.sql("SELECT * FROM referrals")

    sealed = {"referrer_name": "Tante", "referrer_phone": "+371 20000300", "referrer_email": "tante@example.lv"}
    for name, value in (sealed | {"reason": REFERRAL["reason"], "personal_code": CODE}).items():
        assert value not in row[name]
        assert house.opened(row[name], f"referrals.{name}") == value


def all_pages(phone: Phone, query: str, *, limit: int) -> list[str]:
    """The ids of page after page until there is no next one."""
    found: list[str] = []
    following = ""
    while True:
        page = done(phone.get(f"referrals?limit={limit}{query}{following}"))
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            return found
        following = f"&cursor={page['next']}"


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
def test_the_pages_hold_every_referral_once_the_latest_received_first(
    house: House, coordinator: Phone, limit: int
) -> None:
    days = [(clock.today() - timedelta(days=days)).isoformat() for days in (3, 0, 3, 9, 1)]
    made = [house.a_referral(coordinator, received_on=day, given_name=f"Bērns {day}") for day in days]
    wanted = [one["id"] for one in sorted(made, key=lambda one: (one["received_on"], one["id"]), reverse=True)]

    assert all_pages(coordinator, "", limit=limit) == wanted


def test_the_list_can_be_narrowed_to_a_state_and_a_municipality(house: House, coordinator: Phone) -> None:
    riga, ventspils = house.a_referral(coordinator), house.a_referral(coordinator, municipality="LV-VEN")
    put_off = done(coordinator.act(f"referrals/{ventspils['id']}/wait", ventspils))

    assert all_pages(coordinator, "&state=new", limit=9) == [riga["id"]]
    assert all_pages(coordinator, "&state=waiting", limit=9) == [put_off["id"]]
    assert all_pages(coordinator, "&municipality=LV-VEN", limit=9) == [put_off["id"]]
    assert all_pages(coordinator, "&municipality=LV-VEN&state=new", limit=9) == []
    for wrong in ("state=old", "municipality=LV-001", "limit=0", "cursor=x", "unknown=1"):
        assert refusal_of(coordinator.get(f"referrals?{wrong}")) == invalid(wrong.partition("=")[0])


def test_a_list_and_a_referral_take_as_many_statements_with_three_as_with_one(
    house: House, coordinator: Phone
) -> None:
    counted = []
    for _ in range(2):
        referral = house.a_screened_referral(coordinator)
        with statements_of(house.app) as of_list:
            coordinator.get("referrals")
        with statements_of(house.app) as of_one:
            coordinator.get(f"referrals/{referral['id']}")
        counted.append((len(of_list), len(of_one)))
        house.a_screened_referral(coordinator)

    assert counted[0] == counted[1]
    assert len(done(coordinator.get("referrals"))["items"]) == 4
