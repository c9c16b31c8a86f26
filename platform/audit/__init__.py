"""Who did or read what: append-only, in the tenant's own schema."""
