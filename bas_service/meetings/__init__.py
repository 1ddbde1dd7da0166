"""Meetings with the child: sessions and accompaniments, planned, changed, held (D5, D6, D7)."""
