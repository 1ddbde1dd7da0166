"""Bodies are read in one place and strictly: what JSON cannot spell is refused, what Python chokes on too."""

import functools
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NoReturn

import flask_smorest
from flask import Flask, Request
from flask.json.provider import DefaultJSONProvider
from marshmallow import RAISE, Schema, ValidationError, missing
from webargs.flaskparser import FlaskParser

from bas_service.errors import InvalidRequest
from bas_service.http.looks import gathered_what_is_shown


def read_strictly(app: Flask) -> None:
    """Let every ``get_json`` of the application refuse NaN and the infinities, which are no JSON (RFC 8259)."""
    app.json = _StrictJson(app)


class _StrictJson(DefaultJSONProvider):
    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return json.loads(s, parse_constant=_refuse, **kwargs)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


class _Reader(FlaskParser):
    # A misspelt filter that is ignored lists too much, and nobody notices.
    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": RAISE}

    def load_json(self, req: Request, schema: Schema) -> Any:
        # The library's own reader answers a number of 5,000 digits, on which Python gives up, with a 500.
        return req.get_json() if req.is_json and req.get_data() else missing


def filled(shape: type[Schema], given: Mapping[str, str]) -> dict[str, Any]:
    """What a page's form or address gives, as the shape takes it; a field left empty was not given.

    Raises ``InvalidRequest`` that names each field.
    """
    # No dictionary, so that numbers in letters are read as such: a form has nothing else.
    values = MappingProxyType({name: value for name, value in given.items() if value != ""})
    try:
        found: dict[str, Any] = shape().load(values)
    except ValidationError as error:
        messages = error.normalized_messages()
        raise InvalidRequest([(str(name), said[0]) for name, said in messages.items()]) from None
    return found


class Blueprint(flask_smorest.Blueprint):
    """The blueprint of every package: its shapes are filled from strictly read bodies."""

    ARGUMENTS_PARSER = _Reader()

    def response(self, status_code: Any, schema: Any = None, **more: Any) -> Callable[[Callable[..., Any]], Any]:
        """Render and document the answer; in between, the view has gathered what is shown."""
        rendered = super().response(status_code, schema, **more)

        def decorate(view: Callable[..., Any]) -> Any:
            @functools.wraps(view)
            def gather(*args: Any, **kwargs: Any) -> Any:
                found = view(*args, **kwargs)
                gathered_what_is_shown()
                return found

            return rendered(gather)

        return decorate
