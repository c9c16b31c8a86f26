"""Several visits at once: series, courses, and what a package pays for."""
