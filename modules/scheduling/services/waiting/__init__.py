"""The waiting list, which fills what comes free."""
