"""What representatives answer, shown with the child (D16, D29)."""
