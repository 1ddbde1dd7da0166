"""How the stand-in for Twilio is told at run time what to do: a page to read, and addresses to post JSON to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bas_service.messaging.stand_in.faults import Fault, mixed, named
from bas_service.messaging.stand_in.texts import Text

CONTROL = "/control"

_PAGE = """A stand-in for Twilio. It is told by POST, with JSON in the body and as application/json:

  {control}/next     {{"faults": ["refused:21610", "slow_answer:12"]}}   the next requests, one fault each
  {control}/faults   {{"share": 0.2, "seed": 7}}                          everything mixed, for this share of requests
  {control}/behave   {{}}                                                 no faults any more
  {control}/inbound  {{"from": "+37120000001", "body": "Labi"}}           a text to us; also "sid", "forged", "times"

Faults that struck: {faults}
Receipts sent: {receipts}

{phones}
"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is answered: a page as text, or JSON."""

    status: int
    content: Mapping[str, object] | str
    kind: str = "application/json"


class Controlled(Protocol):
    """What can be asked of the stand-in."""

    @property
    def messages(self) -> list[Text]:
        """Every text accepted so far."""

    @property
    def faults_used(self) -> Mapping[str, int]:
        """How often each fault struck."""

    @property
    def receipt_outcomes(self) -> Mapping[str, int]:
        """What became of the receipts."""

    def misbehave(self, *faults: Fault) -> None:
        """Let the coming requests go wrong, one fault each."""

    def misbehave_by_chance(self, probabilities: Mapping[Fault, float], *, seed: int | None = None) -> None:
        """Throw dice for each coming request."""

    def behave(self) -> None:
        """Forget every plan and every fault not yet used."""

    def receive(self, sender: str, body: str, *, to: str = ..., sid: str = ..., forged: bool = ...) -> str:
        """Hand a text on that somebody sends to us."""


def obey(stand_in: Controlled, method: str, path: str, *, body: bytes) -> Answer:
    """Show the page, or do what is asked for; what cannot be done is said in a sentence, with 400."""
    what = path.removeprefix(CONTROL)
    if method == "GET" and what in ("", "/"):
        return Answer(status=200, content=_page_of(stand_in), kind="text/plain")
    if method != "POST" or what not in _DONE_BY:
        return Answer(status=404, content={"error": f"there is only {', '.join(_DONE_BY)} under {CONTROL}"})
    try:
        asked = json.loads(body or b"{}")
        if not isinstance(asked, dict):
            raise ValueError("an object is needed")
        return Answer(status=200, content=_DONE_BY[what](stand_in, asked))
    except KeyError as missing:
        return Answer(status=400, content={"error": f"{missing.args[0]} is needed"})
    except (ValueError, TypeError, RuntimeError, RecursionError) as wrong:
        return Answer(status=400, content={"error": str(wrong)})


def _page_of(stand_in: Controlled) -> str:
    phones: dict[str, list[Text]] = {}
    for text in stand_in.messages:
        phones.setdefault(text.to, []).append(text)
    shown = [
        f"{number}\n" + "\n".join(f"  {text.created_at:%H:%M:%S} {text.status:<12} {text.body}" for text in texts)
        for number, texts in phones.items()
    ]
    return _PAGE.format(
        control=CONTROL,
        faults=_counted(stand_in.faults_used),
        receipts=_counted(stand_in.receipt_outcomes),
        phones="\n".join(shown) or "No text yet.",
    )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def _next(stand_in: Controlled, asked: Mapping[str, Any]) -> dict[str, object]:
    faults = [named(str(words)) for words in asked["faults"]]
    stand_in.misbehave(*faults)
    return {"next": [fault.name for fault in faults]}


def _faults(stand_in: Controlled, asked: Mapping[str, Any]) -> dict[str, object]:
    share, seed = float(asked["share"]), int(asked.get("seed", 0))
    stand_in.misbehave_by_chance(mixed(share), seed=seed)
    return {"share": share, "seed": seed}


def _behave(stand_in: Controlled, asked: Mapping[str, Any]) -> dict[str, object]:  # noqa: ARG001 - takes no words
    stand_in.behave()
    return {}


def _inbound(stand_in: Controlled, asked: Mapping[str, Any]) -> dict[str, object]:
    more = {name: str(asked[name]) for name in ("to", "sid") if asked.get(name)}
    times = int(asked.get("times", 1))
    if not 1 <= times <= 100:
        raise ValueError("times is from 1 to 100")
    forged = asked.get("forged") is True
    sender, body = str(asked["from"]), str(asked.get("body", ""))
    return {"answered": [stand_in.receive(sender, body, forged=forged, **more) for _ in range(times)]}


_DONE_BY = {"/next": _next, "/faults": _faults, "/behave": _behave, "/inbound": _inbound}
