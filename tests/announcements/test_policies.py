"""The dated policy of telling: prepared, taken back, refused when it contradicts itself (D6, D26)."""

from datetime import timedelta
from typing import Any

import pytest

from bas_service import clock
from tests.builders import House
from tests.callers import Phone, done, invalid, refusal_of

TOMORROW = (clock.today() + timedelta(days=1)).isoformat()
EVERYBODY = ["parent", "guardian", "orphans_court", "institution_head", "foster_family"]


@pytest.fixture
def administrator(house: House) -> Phone:
    return house.an_administrator()


def test_what_is_left_out_stays_as_it_was(administrator: Phone) -> None:
    form = {"valid_from": TOMORROW, "quiet_from": "21:30", "quiet_until": "08:00", "reminder_minutes": 120}

    made = done(administrator.post("telling-policies", form))

    assert made == form | {
        "id": made["id"],
        "created_at": made["created_at"],
        "urgent_minutes": 180,
        "settle_seconds": 0,
        "failover_minutes": 30,
        "tell_return": False,
        "must_tell": EVERYBODY,
        "may_tell": [],
        "diacritics": "drop_when_it_saves_a_part",
        "texts_per_number": 10,
        "texts_per_number_minutes": 10,
    }
    listed = done(administrator.get("telling-policies"))["items"]
    assert [one["valid_from"] for one in listed] == [TOMORROW, "2025-01-01"]


def test_how_many_texts_a_number_gets_is_policy_or_not_limited(administrator: Phone) -> None:
    limited = {"texts_per_number": 3, "texts_per_number_minutes": 30}
    made = done(administrator.post("telling-policies", {"valid_from": TOMORROW} | limited))
    assert {name: made[name] for name in limited} == limited

    done(administrator.post(f"telling-policies/{made['id']}/withdraw", {}))
    made = done(administrator.post("telling-policies", {"valid_from": TOMORROW, "texts_per_number": None}))

    assert (made["texts_per_number"], made["texts_per_number_minutes"]) == (None, 10)


@pytest.mark.parametrize(
    ("form", "places"),
    [
        ({"valid_from": "2025-01-02"}, ["/valid_from"]),
        ({"quiet_from": "22:00"}, ["/quiet_until"]),
        ({"quiet_until": "07:00"}, ["/quiet_until"]),
        ({"quiet_from": "07:00", "quiet_until": "07:00"}, ["/quiet_until"]),
        ({"quiet_from": "7:00"}, ["/quiet_from"]),
        ({"quiet_from": "24:00", "quiet_until": "07:00"}, ["/quiet_from"]),
        ({"must_tell": []}, ["/must_tell"]),
        ({"must_tell": ["parent"], "may_tell": ["parent"]}, ["/may_tell"]),
        ({"reminder_minutes": 5}, ["/reminder_minutes"]),
        ({"settle_seconds": -1}, ["/settle_seconds"]),
        ({"failover_minutes": 0}, ["/failover_minutes"]),
        ({"urgent_minutes": 1441}, ["/urgent_minutes"]),
        ({"diacritics": "sometimes"}, ["/diacritics"]),
        ({"texts_per_number": 0}, ["/texts_per_number"]),
        ({"texts_per_number": 101}, ["/texts_per_number"]),
        ({"texts_per_number_minutes": None}, ["/texts_per_number_minutes"]),
        ({"texts_per_number_minutes": 181}, ["/texts_per_number_minutes"]),
    ],
)
def test_what_contradicts_itself_is_refused(administrator: Phone, form: dict[str, Any], places: list[str]) -> None:
    assert refusal_of(administrator.post("telling-policies", {"valid_from": TOMORROW} | form)) == invalid(*places)


def test_a_day_belongs_to_one_policy_until_that_is_taken_back(house: House, administrator: Phone) -> None:
    made = house.a_telling_policy(administrator)
    again = refusal_of(administrator.post("telling-policies", {"valid_from": TOMORROW}))
    assert again["type"] == "policy-date-taken"

    withdrawn = done(administrator.post(f"telling-policies/{made['id']}/withdraw", {}))

    assert (withdrawn["kind"], withdrawn["valid_from"]) == ("telling", TOMORROW)
    assert refusal_of(administrator.post(f"telling-policies/{made['id']}/withdraw", {})) == {"type": "not-found"}
    house.a_telling_policy(administrator)


def test_a_policy_that_has_begun_stays(house: House, administrator: Phone) -> None:
    begun = house.a_telling_policy(administrator, valid_from=clock.today().isoformat())

    answer = refusal_of(administrator.post(f"telling-policies/{begun['id']}/withdraw", {}))

    assert answer == {"type": "policy-begun"}
