"""People and sessions: one human, many tenants. In `public`; what they may do inside a tenant is `access`."""
