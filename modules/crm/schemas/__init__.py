"""The wire shapes, by noun."""
