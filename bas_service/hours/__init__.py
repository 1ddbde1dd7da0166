"""The hours of work, counted out of what is recorded anyway, and work with partners noted in one line (D8)."""
