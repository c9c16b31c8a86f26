"""The operators' console: how tenants are, what operators do about it, and how they may look inside."""
