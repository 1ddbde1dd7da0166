"""Everything held about a child, or about one of its representatives, as a readable archive (GDPR article 15)."""

import html
import io
import json
import uuid
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Table, or_, select

from bas_service import clock
from bas_service.access.trace import every_look_at
from bas_service.database import Base, db
from bas_service.errors import NotFound

# What belongs to the child by one of these columns belongs into the archive: a new table is in it by itself.
_OF_CHILD = ("child_id", "subject_id")
# Who, of those who sign in, did something.
_NAMING = {"account_id", "specialist_id", "created_by", "decided_by", "told_account_id", "told_by", "withdrawn_by"}
_NAMING |= {"read_by"}
# Means of search and proof, not facts about the person.
_LEFT_OUT = {"sort_key", "search_key", "hash", "password_hash"}


def held_about_child(child_id: uuid.UUID) -> dict[str, list[dict[str, Any]]]:
    """All rows about a child by table, opened; raises ``NotFound``. Needs the tables' owner."""
    tables = Base.metadata.tables
    found = {"children": _rows(tables["children"], tables["children"].c.id == child_id)}
    if not found["children"]:
        raise NotFound()
    for name, table in sorted(tables.items()):
        columns = [table.c[column] for column in _OF_CHILD if column in table.c]
        if columns:
            found[name] = _rows(table, or_(*(column == child_id for column in columns)))
    # A row of the trace names other children too: of each, what is about this one.
    found["trace"] = [_spelled_all(look) for look in every_look_at(child_id)]
    referred = [uuid.UUID(row["id"]) for row in found["referrals"]]
    found["screenings"] = _rows(tables["screenings"], tables["screenings"].c.referral_id.in_(referred))
    found["accounts"] = _people_named_in(found)
    return found


def held_about_representative(representative_id: uuid.UUID) -> dict[str, list[dict[str, Any]]]:
    """All rows about one representative, and nothing of the other ones; raises ``NotFound``."""
    tables = Base.metadata.tables
    found = {"representatives": _rows(tables["representatives"], tables["representatives"].c.id == representative_id)}
    if not found["representatives"]:
        raise NotFound()
    for name, table in sorted(tables.items()):
        columns = [table.c[column] for column in ("representative_id", "from_representative_id") if column in table.c]
        if columns:
            found[name] = _rows(table, or_(*(column == representative_id for column in columns)))
    # A text to several with one number is held about each of them.
    told = [uuid.UUID(row["message_id"]) for row in found["announcements"]]
    told += [uuid.UUID(row["id"]) for row in found["links"]]
    found["messages"] = _rows(tables["messages"], tables["messages"].c.id.in_(told))
    return found


def archive_of(held: dict[str, list[dict[str, Any]]], title: str) -> bytes:
    """A ZIP archive with ``data.json`` for programs and ``index.html`` for a person."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(held, ensure_ascii=False, indent=2))
        archive.writestr("index.html", page_of(held, title))
    return packed.getvalue()


def page_of(held: dict[str, list[dict[str, Any]]], title: str) -> str:
    """The archive as one page without anything from elsewhere."""
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title><style>'
        "body{font:16px/1.5 sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem}"
        "dl{display:grid;grid-template-columns:minmax(9rem,auto) 1fr;gap:.1rem 1rem;border:1px solid #bbb}"
        f"dd{{margin:0;overflow-wrap:anywhere}}</style><h1>{html.escape(title)}</h1>"
    ]
    for table, found in held.items():
        parts.append(f"<h2>{html.escape(table.replace('_', ' '))} ({len(found)})</h2>")
        for row in found:
            entries = "".join(
                f"<dt>{html.escape(name.replace('_', ' '))}</dt><dd>{html.escape(str(value))}</dd>"
                for name, value in row.items()
                if value is not None
            )
            parts.append(f"<dl>{entries}</dl>")
    return "".join(parts)


def _rows(table: Table, condition: Any) -> list[dict[str, Any]]:
    columns: list[Column[Any]] = [column for column in table.columns if not _is_left_out(column.name)]
    statement = select(*columns).where(condition).order_by(*table.primary_key)
    return [_spelled_all(dict(row)) for row in db.session.execute(statement).mappings()]


def _people_named_in(found: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Who the accounts in the rows are: by name and role, no more."""
    named = {
        uuid.UUID(value)
        for table in found.values()
        for row in table
        for name, value in row.items()
        if value and name in _NAMING
    }
    accounts = Base.metadata.tables["accounts"]
    statement = select(accounts.c.id, accounts.c.name, accounts.c.role).where(accounts.c.id.in_(named))
    statement = statement.order_by(accounts.c.id)
    return [_spelled_all(dict(row)) for row in db.session.execute(statement).mappings()]


def _is_left_out(name: str) -> bool:
    return name in _LEFT_OUT or name.endswith("_digest")


def _spelled_all(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _spelled(value) for name, value in row.items()}


def _spelled(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.in_riga(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, list):
        return [_spelled(one) for one in value]
    return float(value) if isinstance(value, Decimal) else value
