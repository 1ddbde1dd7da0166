"""The schema's history; ``bas db upgrade`` applies it."""
