"""The supervisor's page: the team's loads, who waits, and giving a child to a specialist (D2, D3, D4)."""
