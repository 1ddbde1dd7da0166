"""One-time links for legal representatives: agreeing, taking it back, seeing what is planned (D25)."""
