"""Moves everything sealed over to the present key, in batches, while the service runs (``bas keys rotate``)."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Table, func, select, tuple_, update

from bas_service.database import Base, db, transaction
from bas_service.messaging.rules import Channel, hashed_as
from bas_service.sealing import Keyring, Sealed, is_sealed, keys

BATCH = 500


def _of_email(value: str) -> tuple[str, str]:
    return hashed_as(Channel.EMAIL, value)


def _of_phone(value: str) -> tuple[str, str]:
    return hashed_as(Channel.SMS, value)


def _of_code(value: str) -> tuple[str, str]:
    return value, "personal-code"


def _of_recipient(value: str) -> tuple[str, str]:
    return _of_email(value) if "@" in value else _of_phone(value)


# Keyed hashes beside sealed columns; what of the value is hashed, and for which purpose.
_DIGESTS: dict[str, tuple[str, Callable[[str], tuple[str, str]]]] = {
    "accounts.email": ("email_digest", _of_email),
    "children.personal_code": ("personal_code_digest", _of_code),
    "referrals.personal_code": ("personal_code_digest", _of_code),
    "representatives.email": ("email_digest", _of_email),
    "representatives.phone": ("phone_digest", _of_phone),
    "messages.recipient": ("recipient_digest", _of_recipient),
    "inbound_texts.sender": ("sender_digest", _of_phone),
}


def sealed_columns() -> dict[Table, list[Column[Any]]]:
    """Every table with the columns of it that are sealed."""
    found = {
        table: [column for column in table.columns if isinstance(column.type, Sealed)]
        for table in Base.metadata.sorted_tables
    }
    return {table: columns for table, columns in found.items() if columns}


def rows_to_look_at() -> int:
    """How many rows a rotation goes through."""
    with transaction():
        return sum(
            db.session.execute(select(func.count()).select_from(table)).scalar_one() for table in sealed_columns()
        )


def rotate(progress: Callable[[int], None]) -> int:
    """Seal anew what another key sealed, or none; ``progress`` hears of each batch. How many values were moved.

    Needs the tables' owner. Each batch is a transaction of its own, and a value that somebody changed meanwhile
    is left as it is: whoever changed it sealed it with the present key.
    """
    moved = 0
    for table, columns in sealed_columns().items():
        last: tuple[Any, ...] | None = None
        while True:
            with transaction():
                batch = _batch(table, columns, last)
                moved += sum(_renew(table, columns, row) for row in batch)
            if not batch:
                break
            last = tuple(batch[-1][column.name] for column in table.primary_key)
            progress(len(batch))
    return moved


def _batch(table: Table, columns: list[Column[Any]], last: tuple[Any, ...] | None) -> list[dict[str, Any]]:
    key = list(table.primary_key)
    digests = [table.c[_DIGESTS[_name(column)][0]] for column in columns if _name(column) in _DIGESTS]
    # As text: a sealed column would be opened on the way out.
    raw = [func.concat(column).label(column.name) for column in columns]
    statement = select(*key, *raw, *digests).order_by(*key).limit(BATCH)
    if last is not None:
        statement = statement.where(tuple_(*key) > last)
    return [dict(row) for row in db.session.execute(statement).mappings()]


def _renew(table: Table, columns: list[Column[Any]], row: dict[str, Any]) -> int:
    keyring = keys()
    moved = 0
    for column in columns:
        stored = row[column.name]
        if stored == "":  # concat makes nothing out of NULL; an empty text is never sealed
            continue
        name = _name(column)
        digest_name = _DIGESTS[name][0] if name in _DIGESTS else None
        current = is_sealed(stored) and stored.split(".", 2)[1] == keyring.current
        if current and (digest_name is None or row[digest_name] is not None):
            continue
        moved += _write(table, column, row, stored, keyring)
    return moved


def _write(table: Table, column: Column[Any], row: dict[str, Any], stored: str, keyring: Keyring) -> int:
    name = _name(column)
    opened = keyring.open(stored, name)
    # The column's own type seals what is written.
    values: dict[str, Any] = {column.name: opened}
    if name in _DIGESTS:
        digest_name, hashed = _DIGESTS[name]
        values[digest_name] = keyring.digest(*hashed(opened))
    same_row = [key == row[key.name] for key in table.primary_key]
    statement = update(table).where(*same_row, func.concat(column) == stored).values(values)
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]


def _name(column: Column[Any]) -> str:
    # Not where it lies: a value that the database copied from another column is sealed under that one's name.
    return str(column.type.column)  # type: ignore[attr-defined]
