"""The wire shapes of the calendar."""
