"""What is set about the practice: hours, time off, staff, services, rooms, what a check-in asks."""
