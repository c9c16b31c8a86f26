"""How the platform is doing: logs, metrics, slow queries. Numbers and names of routes, never anybody's data."""
