"""Children, their legal representatives, protected places, consents (D6, D7, D25, D29)."""
