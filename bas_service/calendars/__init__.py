"""A specialist's meetings in a calendar outside, with the least that shows when they are busy (D31)."""
