"""The pages of the calendar: the day, the week, one visit, booking, settings, and the portal's."""
