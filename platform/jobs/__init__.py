"""Work that happens after the response, in the tenant that asked for it. Postgres keeps it; Valkey only carries it."""
