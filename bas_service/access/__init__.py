"""Accounts, sign-in, devices and roles; the gate that every route stands behind."""
