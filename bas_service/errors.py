"""The one error family: a refusal is named by what went wrong and becomes a problem document (RFC 9457)."""

import re
import traceback
from typing import Any, ClassVar


def places_of(error: BaseException) -> str:
    """Where in the code it happened, for the log: without the exception's words.

    Those repeat what a child's file says, PostgreSQL's above all ("Failing row contains ...").
    """
    return "".join(traceback.format_tb(error.__traceback__))


class Refusal(Exception):
    """What was asked for cannot be done; the class says why, its members say with which figures.

    The name in kebab case is the problem's type, and the id of its texts (``caseload-full`` and
    ``caseload-full.title`` in the translation files).
    """

    status: ClassVar[int] = 409
    name: ClassVar[str] = "refusal"
    # HTTP headers that belong to the refusal, e.g. Retry-After.
    headers: dict[str, str]

    # Every class by its name: the catalogue in mobile_api_spec/ is compared with it.
    known: ClassVar[dict[str, type["Refusal"]]] = {}
    # The refusal that a violated constraint of the database stands for.
    by_constraint: ClassVar[dict[str, "Refusal"]] = {}

    def __init__(self, **members: Any) -> None:
        super().__init__(self.name)
        self.members = members
        self.headers = {}

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.name = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()
        Refusal.known[cls.name] = cls

    @classmethod
    def stands_for(cls, constraint: str, **members: Any) -> None:
        """Answer a violation of the database's ``constraint`` with this refusal."""
        Refusal.by_constraint[constraint] = cls(**members)


class Said(str):
    """The id of a text together with the values for its places, where a library only carries strings."""

    values: dict[str, Any]

    def __new__(cls, message_id: str, **values: Any) -> "Said":
        said = super().__new__(cls, message_id)
        said.values = values
        return said


class InvalidRequest(Refusal):
    """What came in does not have the shape asked for; ``errors`` names each place and what would be right."""

    status = 422

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        """Take pairs of a JSON pointer into the body (or a parameter's name) and the id of a text."""
        super().__init__(errors=errors)

    @classmethod
    def at(cls, pointer: str, message_id: str, **values: Any) -> "InvalidRequest":
        """One wrong place, e.g. ``InvalidRequest.at("/starts_at", "start-in-the-past")``."""
        return cls([(pointer, Said(message_id, **values))])


class NotFound(Refusal):
    """There is nothing here for this account: "not there" and "not yours" look alike."""

    status = 404


class NotAllowed(Refusal):
    """The account's role does not do this, or leaves it to the team that is responsible for the child."""

    status = 403


class SignInNeeded(Refusal):
    """No valid access token came with the request."""

    status = 401

    def __init__(self, **members: Any) -> None:
        super().__init__(**members)
        self.headers = {"WWW-Authenticate": "Bearer"}


class TooManyRequests(Refusal):
    """Slow down; Retry-After says how long, in seconds."""

    status = 429

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)
        self.headers = {"Retry-After": str(retry_after)}


class VersionNeeded(Refusal):
    """A change must say in If-Match which version it was made on (RFC 6585)."""

    status = 428


class VersionStale(Refusal):
    """Somebody changed it meanwhile; ``current`` holds the present state."""

    status = 412


class IdAlreadyUsed(Refusal):
    """This id, or this Idempotency-Key, already belongs to something else."""


class MalformedRequest(Refusal):
    """The bytes that came are not what their media type promises."""

    status = 400


class MethodNotAllowed(Refusal):
    """The path is there, the method is not; Allow names those that are."""

    status = 405


class NotAcceptable(Refusal):
    """No answer of the kind asked for can be given."""

    status = 406


class RequestTimedOut(Refusal):
    """The request's bytes came too slowly."""

    status = 408


class BodyTooLarge(Refusal):
    """The request's body is over the limit."""

    status = 413


class MediaTypeUnsupported(Refusal):
    """A body must be sent as application/json."""

    status = 415


class ServerFault(Refusal):
    """A defect of ours; the request id finds it in the log."""

    status = 500


class TemporarilyUnavailable(Refusal):
    """The database is not reachable or did not answer in time; the same request may be sent again."""

    status = 503

    def __init__(self, **members: Any) -> None:
        super().__init__(**members)
        self.headers = {"Retry-After": "2"}
