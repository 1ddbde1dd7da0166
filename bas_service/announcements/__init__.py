"""What representatives are told about a meeting, and in which words (D6, D29, D31)."""
