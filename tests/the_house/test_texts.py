"""Every word a person reads is there in all three languages, is asked for somewhere, and can be rendered."""

import ast
import itertools
from collections.abc import Iterator
from typing import Any

import jinja2
import pytest
from fluent.syntax import FluentParser
from fluent.syntax import ast as ftl

from bas_service.announcements.rules import Reason
from bas_service.caseload.rules import Complexity
from bas_service.caseload.suggestion_rules import Why
from bas_service.children.rules import Scope
from bas_service.duties.rules import DutyKind
from bas_service.errors import Refusal
from bas_service.links.rules import LinkPurpose
from bas_service.meetings.rules import PlaceType
from bas_service.messaging.phone_numbers import WhyNotAPhoneNumber
from bas_service.messaging.rules import Channel
from bas_service.oversight.alarm_rules import AlarmKind
from bas_service.oversight.ledger_rules import REASONS_WHEN_NOT
from bas_service.oversight.ledger_rules import Why as WhyTold
from bas_service.referrals.rules import Priority
from bas_service.translation import TEXTS, Language, text_of
from tests.the_house.sources import PACKAGE, calls_in, trees

# Where the code names a text: which argument of which call.
NAMING = {"at": 1, "text_of": 1, "Said": 0, "ValidationError": 0, "unusable": 0}
# Attributes that hold names of texts.
HOLDING = {"default_error_messages", "error_messages", "unwanted_text"}


def _reasons_of_unusable_accounts() -> set[str]:
    calls = (call for tree in trees().values() for name, call in calls_in(tree) if name == "AccountUnusable")
    return {str(word.value.value) for call in calls for word in call.keywords if isinstance(word.value, ast.Constant)}


# Names put together while the code runs: f"place-{...}".
FAMILIES: dict[str, set[str]] = {
    "consent-what-": set(Scope),
    "link-message-": set(LinkPurpose),
    "account-": _reasons_of_unusable_accounts(),
    "announcement-": set(Reason),
    "complexity-": set(Complexity),
    "priority-": set(Priority),
    "duty-": set(DutyKind),
    "suggestion-": {why.replace("_", "-") for why in Why},
    "phone-": {reason.replace("_", "-") for reason in WhyNotAPhoneNumber},
    "place-": {kind.replace("_", "-") for kind in PlaceType},
    "alarm-": set(AlarmKind),
    "told-after-": set(WhyTold) - {WhyTold.NOT_HELD},
    # Nothing is too late before the start.
    "told-before-": set(WhyTold) - {WhyTold.NOT_HELD, WhyTold.TOO_LATE, WhyTold.CHANGED_TOO_LATE},
    "told-channel-": set(Channel),
    "told-why-": set(REASONS_WHEN_NOT),
    "rule-every-": {"day", "week", "month"},
    "rule-every-so-many-": {"days", "weeks", "months"},
    "rule-place-among-": {"workdays", "these"},
    **{f"{kind}weekday-": {str(number) for number in range(1, 8)} for kind in ("", "on-", "each-", "named-")},
}

# Values with which each place of a text is filled; where a text decides by one, all that it tells apart.
VALUES: dict[str, list[Any]] = {
    "activity": ["tikšanās ar bērna atbalsta speciālistu"],
    "asker": ["Ilze Bērziņa"],
    "absent": ["yes", "no"],
    "about": ["sms", "changed/lv"],
    "ahead": ["25 stundas"],
    "attempts": [3, 4, 11, 21, 25],
    "above": [0.75],
    "cases": [1, 2, 3],
    "channel": ["sms", "email"],
    "by_when": ["Pirms tās sākuma"],
    "before": ["", " (Iepriekš: Bibliotēka.)"],
    "choices": ["sms, email"],
    "clashes": [0, 1, 2, 5, 11, 21],
    "clock": ["15.00"],
    "confirmed": ["Berta"],
    "contact": ["Ilze Bērziņa, tālr. +37120000000"],
    "count": list(range(30)),
    "day": [7],
    "daytime": ["office", "evening"],
    "days": [366],
    "digits": [4],
    "delivered": [41],
    "due_on": ["31.12.2026"],
    "duration": ["1 stunda 30 minūtes"],
    "ends": ["16.30"],
    "every": ["ik pēc 2 nedēļām"],
    "given": ["yes", "no"],
    "handed_over": [42],
    "full": ["yes", "no"],
    "holiday": ["yes", "no"],
    "hours": list(range(30)),
    "institution": ["Skola"],
    "interval": list(range(2, 30)),
    "is_confirmed": ["yes", "no"],
    "is_letter": ["yes", "no"],
    "iso_weekday": list(range(1, 8)),
    "kind": ["session", "accompaniment"],
    "last": ["piektdienu"],
    "least": [6],
    "letter": ["Berta"],
    "link": ["https://bas.example.lv/l/x"],
    "load": [8.5],
    "many": ["yes", "no"],
    "maximum": [12],
    "meetings": [3],
    "minimum": [6],
    "minutes": list(range(60)),
    "moment": ["3. nov. 2026, 15:00"],
    "month": [11],
    "most": [17],
    "name": ["Anna"],
    "names": ["Anna, Berta"],
    "news": [" par tikšanos 7.11. plkst. 15.00", ", ka tikšanās nenotiks"],
    "nominal": [10],
    "now": [9],
    # 0 is the last.
    "nth": list(range(6)),
    "on": ["otrdien"],
    "part": ["COUNT"],
    "parts": ["FREQ, COUNT"],
    "percent": [34],
    "phone": ["+37120000000", "none"],
    "place": ["Bibliotēka, Brīvības iela 1, Rīga"],
    "purpose": ["Vizīte", "consent", "see"],
    "repeats": ["", " Pēc tam katru otrdienu."],
    "retry_after": [1, 2, 5, 11, 21, 60],
    "room": [0, 2.5],
    "said": ["Bibliotēka"],
    "several": ["otrdienu, trešdienu"],
    "since": ["3. nov. 2026, 15:00"],
    "specialist": ["Ilze Bērziņa"],
    "times": list(range(1, 30)),
    "tries": list(range(1, 30)),
    "until": ["31.12.2026"],
    "usual": [2],
    "weekday": ["pirmdien"],
    "week": ["light", "within", "full"],
    "what": ["meeting", "off", "later"],
    "when": ["pirmdien, 7.11. plkst. 15.00"],
    "whom": ["somebody", "nobody", "sharing", "uncertain", "unconfirmed"],
    "why": ["meeting-overlaps", "consent-missing"],
    "within": ["all", "a-year"],
    "words": ["katru otrdienu"],
    "would_be": [10],
    "written_ahead": ["20 minūtes"],
}


def places_of(node: Any) -> set[str]:
    """The names of the places in a text, wherever in it they stand."""
    if isinstance(node, ftl.VariableReference):
        return {node.id.name}
    if isinstance(node, list):
        return {place for inner in node for place in places_of(inner)}
    if isinstance(node, ftl.BaseNode):
        return {place for inner in vars(node).values() for place in places_of(inner)}
    return set()


def texts_in(language: Language) -> dict[str, set[str]]:
    """Every text of a language, attributes on their own (``not-found.title``), with its places."""
    found: dict[str, set[str]] = {}
    for file in sorted((TEXTS / language.value).glob("*.ftl")):
        for entry in FluentParser().parse(file.read_text(encoding="utf-8")).body:
            assert not isinstance(entry, ftl.Junk), f"{file.name}: {entry.content}"
            if isinstance(entry, ftl.Message):
                assert entry.id.name not in found, f"{file.name}: {entry.id.name} is there twice"
                found[entry.id.name] = places_of(entry.value)
                for attribute in entry.attributes:
                    found[f"{entry.id.name}.{attribute.id.name}"] = places_of(attribute.value)
    return found


def refusals() -> dict[str, type[Refusal]]:
    """The refusals of the code by their names; tests may make others."""
    return {name: one for name, one in Refusal.known.items() if one.__module__.startswith("bas_service")}


def named_in_code() -> Iterator[tuple[str, set[str], bool]]:
    """Each text that the code names, the values given along, and whether all of them are known."""
    yield from named_in_templates()
    for tree in trees().values():
        for called, call in calls_in(tree):
            if called in NAMING and len(call.args) > NAMING[called]:
                given = {word.arg for word in call.keywords if word.arg}
                is_whole = len(given) == len(call.keywords)
                for name in names_in(call.args[NAMING[called]]):
                    yield name, given, is_whole
        for node in ast.walk(tree):
            if is_holding(node):
                yield from ((name, set(), False) for name in strings_in(node))


def named_in_templates() -> Iterator[tuple[str, set[str], bool]]:
    """Each text that a page's template names: ``text("web-email")``, or ``text("web-complexity-" ~ one)``."""
    for file in sorted(PACKAGE.glob("*/templates/*.html")):
        for call in jinja2.Environment().parse(file.read_text()).find_all(jinja2.nodes.Call):
            if isinstance(call.node, jinja2.nodes.Name) and call.node.name == "text":
                first = call.args[0]
                if isinstance(first, jinja2.nodes.Const):
                    names = {str(first.value)}
                else:
                    assert isinstance(first, jinja2.nodes.Concat), f"{file.name}: {first}"
                    family = first.nodes[0].value
                    names = {f"{family}{member}" for member in FAMILIES[family]}
                yield from ((name, {word.key for word in call.kwargs}, True) for name in names)


def is_holding(node: ast.AST) -> bool:
    """Whether this gives names of texts to one of the attributes that hold them."""
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id in HOLDING for target in node.targets)
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Attribute)
        and node.func.value.attr in HOLDING
    )


def strings_in(node: ast.AST) -> Iterator[str]:
    """The strings of an assignment or a call; of a dictionary its values only."""
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from strings_in(value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        for inner in ast.iter_child_nodes(node):
            yield from strings_in(inner)


def names_in(node: ast.AST) -> Iterator[str]:
    """The texts that an argument can name; one put together names its whole family."""
    if isinstance(node, ast.JoinedStr):
        first = node.values[0]
        if isinstance(first, ast.Constant):
            yield from (f"{first.value}{member}" for member in FAMILIES[str(first.value)])
    elif not isinstance(node, ast.Call):
        # ValidationError(Said(...)): the inner call names the text.
        yield from strings_in(node)


def test_all_languages_hold_the_same_texts_with_the_same_places() -> None:
    latvian, english, russian = (texts_in(language) for language in Language)

    assert english == latvian
    assert russian == latvian


def test_every_text_that_the_code_names_exists_and_no_other_does() -> None:
    named = {name for name, _, _ in named_in_code()}
    of_refusals = {name for refusal in refusals() for name in (refusal, f"{refusal}.title")}

    assert set(texts_in(Language.LATVIAN)) == named | of_refusals


def test_a_text_named_in_the_code_gets_a_value_for_each_of_its_places() -> None:
    places = texts_in(Language.LATVIAN)
    lacking = {
        (name, place) for name, given, is_whole in named_in_code() if is_whole for place in places[name] - given
    }

    assert lacking == set()


def test_a_refusal_carries_what_its_text_says() -> None:
    places = texts_in(Language.LATVIAN)
    by_class = {one.__name__: places[name] | places[f"{name}.title"] for name, one in refusals().items()}
    lacking = {
        (called, place)
        for tree in trees().values()
        for called, call in calls_in(tree)
        if called in by_class
        for place in by_class[called] - {word.arg for word in call.keywords}
    }

    assert lacking == set()


@pytest.mark.parametrize("language", list(Language))
def test_each_text_can_be_rendered_with_whatever_fills_it(language: Language) -> None:
    wrong = {
        (name, text)
        for name, places in texts_in(language).items()
        for values in itertools.product(*(VALUES[place] for place in sorted(places)))
        for text in [text_of(language, name, **dict(zip(sorted(places), values, strict=True)))]
        # A place left open, isolation marks that make a text message dear, nothing at all, a gap, "none" said aloud.
        if not text.strip() or any(mark in text for mark in ("{", "}", "\u2068", "\u2069", "  ", " .", " ,", "none"))
    }

    assert wrong == set()
