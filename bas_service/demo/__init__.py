"""The service shown at work on one machine, with invented people and real parts."""
