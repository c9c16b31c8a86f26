"""What the calendar asks of others: calendars elsewhere, and rooms for visits by video."""
