"""Outbox, channels, receipts; knows no child and no meeting."""
