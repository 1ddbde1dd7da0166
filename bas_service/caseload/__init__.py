"""Cases, the dated load policy, assignment within the limit (D2, D3, D4)."""
