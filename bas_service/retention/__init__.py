"""How long what is kept, the rights of the person: export, erasure (D23, GDPR articles 5, 15, 17)."""
