"""What other systems tell us: stored as it came, verified, applied once."""
