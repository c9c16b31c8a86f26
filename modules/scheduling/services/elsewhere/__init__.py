"""Calendars elsewhere: feeds out, busy times in, and those that are kept in step."""
