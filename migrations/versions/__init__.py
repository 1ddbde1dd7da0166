"""One thought per migration, in the order of their numbers."""
