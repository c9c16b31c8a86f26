"""The chart of a body: its views, its regions, and what is marked on it."""
