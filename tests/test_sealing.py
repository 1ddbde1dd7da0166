"""What is sealed stays sealed: in a dump of the database, under a new key, and when somebody alters it."""

import pytest
from flask import Flask

from bas_service import rotation, sealing
from bas_service.sealing import KeyringUnusable, SealBroken, keyring_of, new_entry
from tests.builders import KEYS, House
from tests.callers import done

OLD = f"{new_entry('old')},{new_entry('digest')}"


def test_a_sealed_text_opens_again_and_only_for_its_own_column() -> None:
    keyring = keyring_of(OLD)
    value = keyring.seal("Brīvības iela 1", "meetings.place_address")

    assert keyring.open(value, "meetings.place_address") == "Brīvības iela 1"
    assert value.startswith("s1.old.")
    assert value != keyring.seal("Brīvības iela 1", "meetings.place_address")
    with pytest.raises(SealBroken):
        keyring.open(value, "meetings.note")


def test_an_altered_text_and_one_of_an_unknown_key_do_not_open() -> None:
    keyring = keyring_of(OLD)
    value = keyring.seal("secret", "meetings.note")

    with pytest.raises(SealBroken):
        keyring.open(value[:-6] + ("AAAA" if value[-6:-2] != "AAAA" else "BBBB") + value[-2:], "meetings.note")
    with pytest.raises(SealBroken):
        keyring_of(f"{new_entry('other')},{new_entry('digest')}").open(value, "meetings.note")


def test_after_a_rotation_by_setting_old_values_open_and_new_ones_have_the_new_key() -> None:
    old = keyring_of(OLD)
    both = keyring_of(f"{new_entry('new')},{OLD}")
    value = old.seal("secret", "meetings.note")

    assert both.open(value, "meetings.note") == "secret"
    assert both.seal("secret", "meetings.note").startswith("s1.new.")
    assert both.digest("+37120000001", "phone") == old.digest("+37120000001", "phone")
    assert both.digest("+37120000001", "phone") != both.digest("+37120000001", "email")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "first",
        "first=",
        "first=abc",
        "first=AAAA,digest=AAAA",
        "first=" + "C" * 43 + "=",
        "digest=" + "C" * 43 + "=",
    ],
)
def test_unusable_keys_are_refused_without_repeating_them(text: str) -> None:
    with pytest.raises(KeyringUnusable) as refused:
        keyring_of(text)

    assert "bas keys new" in str(refused.value)
    assert not text or text not in str(refused.value)


def _everything_stored(house: House) -> str:
    tables = [row["name"] for row in house.sql("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")]
    return "\n".join(str(row) for table in tables for row in house.sql(f"SELECT * FROM {table}"))


def _a_family_with_secrets(house: House) -> list[str]:
    supervisor = house.a_supervisor()
    specialist = house.a_specialist(supervisor, phone="+37120000777")
    child = house.a_child(supervisor, personal_code="328673-00679")
    parent = house.a_representative(supervisor, child, phone="+37120000778", email="mamma@example.lv")
    house.a_case(supervisor, child, specialist, exceeding={"reason": "Pēdējā vieta", "until": "2099-01-01"})
    house.a_meeting(
        specialist,
        child,
        note="Runāsim par atkarību",
        place={"type": "address", "name": "Kafejnīca Pūce", "address": "Slepenā iela 9"},
    )
    suspension = {"reason": "Vardarbība ģimenē", "basis": "Bāriņtiesas lēmums 7"}
    done(supervisor.act(f"representatives/{parent['id']}/suspend", parent, suspension))
    return [
        "328673-00679",
        "32867300679",
        "20000777",
        "20000778",
        "mamma@example.lv",
        specialist.email,
        "Pēdējā vieta",
        "Runāsim",
        "Pūce",
        "Puce",
        "Slepenā",
        "Slepena",
        "Vardarbība",
        "Bāriņtiesas",
    ]


def test_a_dump_of_the_database_shows_no_number_code_address_or_free_text(house: House) -> None:
    secrets = _a_family_with_secrets(house)

    stored = _everything_stored(house)

    assert "Izdomāta" in stored
    assert [secret for secret in secrets if secret in stored] == []


def test_rotating_moves_every_value_to_the_present_key_while_what_is_shown_stays(
    house: House, app: Flask, owner_app: Flask
) -> None:
    _a_family_with_secrets(house)
    supervisor = house.a_supervisor()
    house.sql("UPDATE representatives SET email = 'In.Clear@example.lv', phone_digest = NULL, email_digest = NULL")
    before, after = keyring_of(KEYS), keyring_of(f"{new_entry('new')},{KEYS}")
    sealing.use(owner_app, after)
    try:
        with owner_app.app_context():
            looked_at: list[int] = []
            moved = rotation.rotate(looked_at.append)
            assert sum(looked_at) == rotation.rows_to_look_at()
            assert moved == 18
            assert rotation.rotate(lambda _: None) == 0
        stored = _everything_stored(house)
        assert "s1.tests." not in stored
        assert "lear@example.lv" not in stored
        digest = before.digest("+37120000778", "phone")
        address = before.digest("in.clear@example.lv", "email")
        assert house.sql("SELECT phone_digest, email_digest FROM representatives") == [
            {"phone_digest": digest, "email_digest": address}
        ]
        assert house.sql("SELECT reason = (SELECT exceeding_reason FROM cases) AS same FROM case_exceptions") == [
            {"same": False}
        ]
        # A process with the new keys serves what was sealed anew.
        sealing.use(app, after)
        assert done(supervisor.get("me"))["name"].startswith("Supervisor")
    finally:
        sealing.use(owner_app, before)
        sealing.use(app, before)
