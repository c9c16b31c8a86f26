"""How Atrium runs on one machine with nothing installed: standard library only."""
