"""The table of series."""

import uuid
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ARRAY, Date, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bas_service.database import Base
from bas_service.meetings.series_rules import Plan, rule_of
from bas_service.sealing import Sealed


class Series(Base):
    """A meeting with a child that repeats; its days become meetings some weeks ahead."""

    __tablename__ = "series"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    child_id: Mapped[uuid.UUID] = mapped_column(index=True)
    case_id: Mapped[uuid.UUID] = mapped_column(index=True)
    continues: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("series.id"))
    state: Mapped[str]
    kind: Mapped[str]
    rule: Mapped[str]
    first_day: Mapped[date]
    wall_clock: Mapped[time]
    except_dates: Mapped[list[date]] = mapped_column(ARRAY(Date))
    last_day: Mapped[date | None]
    expected_minutes: Mapped[int]
    place_type: Mapped[str]
    place_name: Mapped[str | None] = mapped_column(Sealed("series.place_name"))
    place_address: Mapped[str | None] = mapped_column(Sealed("series.place_address"))
    transport: Mapped[str]
    institution: Mapped[str | None] = mapped_column(Sealed("series.institution"))
    purpose: Mapped[str | None] = mapped_column(Sealed("series.purpose"))
    note: Mapped[str | None] = mapped_column(Sealed("series.note"))
    next_day: Mapped[date | None]
    told_with: Mapped[date | None]
    not_planned: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    # A key of the policy then in force; the words beside it follow.
    reason: Mapped[str | None]
    state_reason: Mapped[str | None] = mapped_column(Sealed("series.state_reason"))
    ended_at: Mapped[datetime | None]
    version: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))

    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "child_id"], ["cases.id", "cases.child_id"], name="series_case_of_child_fkey"
        ),
        Index("series_next_day_idx", "next_day", postgresql_where=text("next_day IS NOT NULL")),
        UniqueConstraint("id", "child_id", name="series_of_child_key"),
    )

    @property
    def plan(self) -> Plan:
        """When its meetings are."""
        return Plan(
            rule=rule_of(self.rule),
            first_day=self.first_day,
            clock=self.wall_clock,
            except_dates=frozenset(self.except_dates),
            last_day=self.last_day,
        )
