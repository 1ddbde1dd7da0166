"""The running web server against its own specification: schemathesis finds no failure, whoever is signed in."""

import pytest
import sqlalchemy
from flask import Flask

from bas_service.access.rules import Role
from tests.builders import House
from tests.tables import EMPTYING
from tests.the_house.contract_run import Ended, lively_house, run_as

# An operation's borders are looked at as the first of these who may use it; what is open to all, as the very first.
ORDER = [Role.SUPERVISOR, Role.SPECIALIST, Role.COORDINATOR, Role.ADMINISTRATOR]

NOT_REACHED_BY_CHANCE = {
    # Takes Twilio's signature; test_bad_input.py has it.
    "hooks_twilio_inbound",
    "hooks_twilio_status",
    # What schemathesis reads first, and leaves alone afterwards.
    "specification_as_json",
    # No password made up by chance is both hard to guess and next to the right present one.
    "access_change_password",
}
# Would end the account's own sessions in the middle of the run, or take away the specialist to whom cases are handed
# over; test_own_account.py and test_leaving.py have them.
END_THE_RUN = {"access_sign_out_everywhere", "access_sign_out_device", "caseload_leave"}


def operations_of(app: Flask) -> dict[str, tuple[Role, ...]]:
    """Every operation's id, and the roles that try it."""
    # Pages are no part of the specification.
    of_the_api = {
        name: view for name, view in app.view_functions.items() if not name.startswith(("web.", "answering."))
    }
    gates = {endpoint.replace(".", "_"): view.gate for endpoint, view in of_the_api.items()}
    return {name: gate or (ORDER[0],) for name, gate in gates.items()}


@pytest.fixture(scope="module")
def runs(
    app: Flask, owner: sqlalchemy.Engine, address: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[Role, Ended]:
    """One run as an account of each role, each in a house that was filled anew."""
    operations = operations_of(app)
    ended: dict[Role, Ended] = {}
    for role in ORDER:
        with owner.begin() as connection:
            connection.execute(sqlalchemy.text(EMPTYING))
        house = House(app, owner)
        lively = lively_house(house)
        ended[role] = run_as(
            lively.people[role],
            house,
            lively,
            address=address,
            folder=tmp_path_factory.mktemp(role),
            left_out=[name for name, roles in operations.items() if role not in roles or name in END_THE_RUN],
            covered=[name for name, roles in operations.items() if set(ended) & set(roles)],
        )
    return ended


@pytest.mark.parametrize("role", ORDER)
def test_schemathesis_finds_nothing_wrong_as(runs: dict[Role, Ended], role: Role) -> None:
    assert runs[role].complaint == ""


def test_each_operation_was_reached_by_somebody(runs: dict[Role, Ended], app: Flask) -> None:
    """Otherwise finding nothing wrong would only mean that everything was refused at the door."""
    reached = {name for ended in runs.values() for name in ended.reached}

    assert set(operations_of(app)) - reached == NOT_REACHED_BY_CHANCE | END_THE_RUN
