"""What watches over the service itself: health, readiness, figures without persons."""
