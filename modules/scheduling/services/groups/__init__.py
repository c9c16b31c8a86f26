"""Groups with numbered places, once or as a series."""
