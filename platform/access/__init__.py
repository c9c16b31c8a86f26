"""What somebody may do in the tenant in use: members, roles with their reasons, permissions, object grants."""
