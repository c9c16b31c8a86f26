"""The wire shapes of billing."""
