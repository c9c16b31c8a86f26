"""Private files of a tenant: on S3, or in a folder; always below the tenant's own prefix."""
