"""What the worker counts beforehand, so that figures of a year and of the whole country are there at once (D27)."""

from bas_service.database import rows

# Of one transaction: what others wait for, they wait for shortly.
MOST_CHANGES = 2000


def recount_days() -> int:
    """Count days anew of which something changed after they had been counted; gives how many changes those were."""
    return int(rows("SELECT recount_days(:most) AS changes", most=MOST_CHANGES)[0]["changes"])


def count_a_day() -> bool:
    """Count the latest day that is over and not counted yet; whether there was one."""
    return rows("SELECT count_a_day() AS day")[0]["day"] is not None
