"""What a human must do now: each duty is somebody's, has a date, is raised once and ends once."""
