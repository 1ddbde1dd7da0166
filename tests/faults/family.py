"""A family with one planned meeting to whom things happen, and what the texts to it say."""

import re
from typing import Any

from bas_service import clock
from tests.builders import House
from tests.callers import Phone, done

OTHER_PLACE = {"type": "address", "name": "Muzejs", "address": "Krasta iela 2, Rīga"}


class Family:
    """A child with a mother, a specialist, and one planned meeting; everything through the API."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.supervisor = house.a_supervisor()
        self.specialist = house.a_specialist(self.supervisor, name="Ilze Izdomāta", phone="+37120000100")
        self.other_specialist = house.a_specialist(self.supervisor, name="Anita Izdomāta", phone="+37120000200")
        family = house.a_family(self.supervisor, self.specialist)
        self.child, self.case = family["child"], family["case"]
        self.mother = family["representative"]
        self.number = self.mother["phone"]
        self.numbers = {self.number}
        self.suspended = False
        self.meeting = house.a_meeting(self.specialist, self.child)

    def _responsible(self) -> Phone:
        return self.other_specialist if self.case["version"] > 1 else self.specialist

    def now(self) -> dict[str, Any]:
        """The meeting as it is now."""
        return done(self._responsible().get(f"meetings/{self.meeting['id']}"))

    def cancel(self) -> None:
        """The meeting is cancelled."""
        done(self._responsible().act(f"meetings/{self.meeting['id']}/cancel", self.now(), {"reason": "child_ill"}))

    def change(self, **values: Any) -> None:
        """The meeting is changed: to another place, unless said otherwise."""
        changes = values or {"place": OTHER_PLACE}
        done(self._responsible().change(f"meetings/{self.meeting['id']}", self.now(), changes))

    def _mother_now(self) -> dict[str, Any]:
        items = done(self.supervisor.get(f"children/{self.child['id']}/representatives"))["items"]
        return next(item for item in items if item["id"] == self.mother["id"])

    def suspend(self) -> None:
        """The mother's custody is suspended."""
        path = f"representatives/{self.mother['id']}/suspend"
        done(self.supervisor.act(path, self._mother_now(), {"reason": "custody", "basis": "decision 1"}))
        self.suspended, self.suspended_by = True, clock.now()

    def resume(self) -> None:
        """The mother has custody again."""
        path = f"representatives/{self.mother['id']}/resume"
        done(self.supervisor.act(path, self._mother_now(), {"reason": "custody", "basis": "decision 2"}))
        self.suspended = False

    def toggle(self) -> None:
        """The mother's custody is suspended, or the suspension ends."""
        (self.resume if self.suspended else self.suspend)()

    def change_number(self) -> None:
        """The mother has another number: +371 20000xxx, then 20001xxx, 20002xxx and so on."""
        self.number = f"+371{int(self.number[-8:]) + 1_000}"
        self.numbers.add(self.number)
        done(
            self.supervisor.change(f"representatives/{self.mother['id']}", self._mother_now(), {"phone": self.number})
        )

    def protect(self) -> None:
        """The child's place is kept from the mother from now on."""
        self.house.a_protected_place(self.supervisor, self.mother)

    def hand_over(self) -> None:
        """Another specialist takes the case."""
        form = {"to_specialist_id": str(self.other_specialist.account_id), "reason": "leave"}
        self.case = done(self.supervisor.act(f"cases/{self.case['id']}/transfer", self.case, form))

    def a_father(self) -> None:
        """The child has a second representative."""
        self.house.a_representative(self.supervisor, self.child, name="Tētis Izdomāts", phone="+37120000777")


def gist_of(body: str) -> str:
    """What a text says of the meeting as it is now, in three words: which kind, where, who."""
    # Where it was to be before is told too, with or without diacritics.
    body = re.sub(r"\(Iepriek[sš]: [^)]*\)", "", body)
    kind = "cancelled" if "ATCELTS" in body else "changed" if "IZMAI" in body else "planned"
    said = [word for sign, word in {"Bibliot": "library", "Muzejs": "museum"}.items() if sign in body]
    return " ".join([kind, *said, *(name for name in ("Ilze", "Anita") if name in body)])
