"""What tests about links do over and over."""

from dataclasses import dataclass
from typing import Any

from tests.builders import House
from tests.callers import Holder, Phone, done


@dataclass
class Family:
    """A child with a mother, and those who look after it."""

    house: House
    supervisor: Phone
    specialist: Phone
    child: dict[str, Any]
    mother: dict[str, Any]

    def asked(self, **more: Any) -> dict[str, Any]:
        """The mother asked for a consent."""
        return self.house.a_consent_request(self.specialist, self.mother, **more)

    def holder(self) -> Holder:
        """The mother with the link that was sent last."""
        return Holder(self.house.app, self.house.the_link(), self.mother)

    def requests(self) -> list[dict[str, Any]]:
        """What the specialist sees of the questions."""
        return done(self.specialist.get(f"children/{self.child['id']}/consent-requests"))["items"]

    def consents(self) -> list[dict[str, Any]]:
        """The consents for the child."""
        return done(self.specialist.get(f"children/{self.child['id']}/consents"))["items"]

    def duties(self) -> list[str]:
        """The kinds of the specialist's open duties."""
        return [duty["kind"] for duty in done(self.specialist.get("duties"))["items"]]

    def a_consent_by_link(self, **more: Any) -> dict[str, Any]:
        """What the mother agreed to by a link."""
        self.asked(**more)
        holder = self.holder()
        holder.enter()
        holder.do("yes")
        return self.consents()[-1]

    def planned_at_school(self, **more: Any) -> dict[str, Any]:
        """The child to be accompanied to the school that the consent is about."""
        school = {"institution": "Izdomātā pamatskola", "purpose": "Saruna"}
        return self.house.a_meeting(self.specialist, self.child, kind="accompaniment", accompaniment=school, **more)
