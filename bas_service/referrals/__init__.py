"""Referrals, their screening by a dated form, the decision, the waiting list (D1, D24, D26)."""
