"""Lists of codes: what is in their files."""
