"""Exercises for at home: the library, the sheets of a record, and the portal."""
