"""The forms of the calendar's pages."""
