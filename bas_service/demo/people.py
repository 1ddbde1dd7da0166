"""The invented people of the demonstration, in real municipalities; the numbers belong to nobody."""

from typing import Any

from bas_service import clock

PASSWORD = "kalns-upe-maize-lampa"  # noqa: S105 - printed for everybody, and reachable from this machine only

SUPERVISOR: dict[str, Any] = {"email": "mara@demo.example", "name": "Māra Ozola", "role": "supervisor"}
SPECIALIST: dict[str, Any] = {
    "email": "ilze@demo.example",
    "name": "Ilze Bērziņa",
    "role": "specialist",
    "phone": "+37120000001",
}
COLLEAGUE: dict[str, Any] = {
    "email": "janis@demo.example",
    "name": "Jānis Kalniņš",
    "role": "specialist",
    "phone": "+37120000002",
}
COORDINATOR: dict[str, Any] = {"email": "liga@demo.example", "name": "Līga Krūmiņa", "role": "coordinator"}
ADMINISTRATOR: dict[str, Any] = {"email": "peteris@demo.example", "name": "Pēteris Liepa", "role": "administrator"}
STAFF = (SUPERVISOR, SPECIALIST, COLLEAGUE, COORDINATOR, ADMINISTRATOR)

_NAMES = [
    ("Anna", "Zariņa", "LV-RIX"),
    ("Artjoms", "Petrovs", "LV-DGV"),
    ("Šarlote", "Čakste", "LV-JEL"),
    ("Kārlis", "Ābele", "LV-022"),
    ("Evelīna", "Ģērmane", "LV-113"),
    ("Markuss", "Ķeniņš", "LV-LPX"),
    ("Ņina", "Žagare", "LV-VEN"),
    ("Roberts", "Lācis", "LV-016"),
    ("Sofija", "Šteina", "LV-067"),
    ("Tomass", "Ūdris", "LV-097"),
    ("Viktorija", "Niedre", "LV-REZ"),
    ("Ernests", "Īvāns", "LV-054"),
    ("Paula", "Bite", "LV-JUR"),
]

MOTHER = "+37120000011"
FATHER = "+37120000012"
SECOND_MOTHER = "+37120000013"
SECOND_FATHER = "+37120000014"


def children() -> list[dict[str, Any]]:
    """Thirteen children of 8 to 16 years: one more than a caseload of standard cases holds."""
    year = clock.today().year
    return [
        {
            "given_name": given_name,
            "family_name": family_name,
            "birth_date": f"{year - 8 - number % 9}-01-{number + 1:02d}",
            "municipality": municipality,
        }
        for number, (given_name, family_name, municipality) in enumerate(_NAMES)
    ]


def parent(name: str, phone: str, *, language: str = "lv") -> dict[str, Any]:
    """A parent who is told by text message."""
    return {"name": name, "relation": "parent", "phone": phone, "language": language, "channels": ["sms"]}
