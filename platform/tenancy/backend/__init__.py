"""Django's database engine for Atrium: `ENGINE = "tenancy.backend"`."""
