"""What the calendar asks of others: calendars elsewhere."""
