"""A repeat of the same request gets the first answer: phones lose answers and send again (D24)."""

import functools
import hashlib
import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Response, g, request
from sqlalchemy import text

from bas_service import clock
from bas_service.database import db, rows
from bas_service.errors import IdAlreadyUsed, InvalidRequest
from bas_service.http.looks import children_looked_at, looked_at
from bas_service.sealing import keys

# Actions are remembered for a day (the API's promise), creations as long as a phone may stay signed in.
ACTIONS_KEPT = timedelta(hours=24)
CREATIONS_KEPT = timedelta(days=90)
_KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)


def answers_once(view: Callable[..., Response]) -> Callable[..., Response]:
    """Let ``view`` run once for each id (in a creation's body) or Idempotency-Key (of an action).

    The first comer's row makes later ones wait for its commit; a refusal rolls the row back, so that only
    what was done is remembered. Raises ``IdAlreadyUsed`` for another request under a used id.
    """

    @functools.wraps(view)
    def once(*args: Any, **kwargs: Any) -> Response:
        key = _key_of_request()
        if key is None:
            return view(*args, **kwargs)
        names = {"account": g.asking.account_id, "key": key}
        fingerprint = _fingerprint()
        taken = db.session.execute(
            text(
                "INSERT INTO answered_requests (account_id, key, fingerprint, answered_at)"
                " VALUES (:account, :key, :fingerprint, :now) ON CONFLICT DO NOTHING RETURNING 1"
            ),
            names | {"fingerprint": fingerprint, "now": clock.now()},
        ).scalar()
        if taken is None:
            return _first_answer(names, fingerprint)
        response = view(*args, **kwargs)
        _remember(names, response)
        return response

    once.answers_once = True  # type: ignore[attr-defined]
    return once


def _key_of_request() -> str | None:
    given = request.headers.get("Idempotency-Key")
    if given is not None:
        if not _KEY.fullmatch(given):
            raise InvalidRequest.at("Idempotency-Key", "idempotency-key-unusable")
        return f"key:{given}"
    body = request.get_json(silent=True)
    if isinstance(body, dict) and isinstance(body.get("id"), str):
        try:
            return f"id:{uuid.UUID(body['id'])}"
        except ValueError:
            return None  # the shape says what is wrong with it
    return None


def _fingerprint() -> str:
    body = json.dumps(request.get_json(silent=True), sort_keys=True)
    return hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()


def _remember(names: dict[str, Any], response: Response) -> None:
    db.session.execute(
        text(
            "UPDATE answered_requests SET status = :status, body = :body, etag = :etag, children = :children"
            " WHERE account_id = :account AND key = :key"
        ),
        names
        | {
            "status": response.status_code,
            "body": keys().seal(response.get_data(as_text=True), "answered_requests.body"),
            "etag": response.headers.get("ETag"),
            "children": children_looked_at(),
        },
    )


def _first_answer(names: dict[str, Any], fingerprint: str) -> Response:
    found = rows(
        "SELECT fingerprint, status, body, etag, children FROM answered_requests"
        " WHERE account_id = :account AND key = :key",
        sealed={"body": "answered_requests.body"},
        **names,
    )
    if not found or found[0]["fingerprint"] != fingerprint or found[0]["status"] is None:
        raise IdAlreadyUsed()
    first = found[0]
    looked_at(first["children"] or [])
    response = Response(first["body"], status=first["status"], mimetype="application/json")
    if first["etag"]:
        response.headers["ETag"] = first["etag"]
    return response


def forget_old_answers() -> int:
    """Drop remembered answers that are past their time; how many were dropped."""
    dropped = db.session.execute(
        text(
            "DELETE FROM answered_requests WHERE answered_at <"
            " CASE WHEN key LIKE 'id:%' THEN :creations ELSE :actions END"
        ),
        {"creations": clock.now() - CREATIONS_KEPT, "actions": clock.now() - ACTIONS_KEPT},
    )
    return int(dropped.rowcount)  # type: ignore[attr-defined]
