"""What strangers and patients do without signing in."""
