"""Periods as Postgres keeps them."""

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from kernel.periods import Period


def as_range(period: Period) -> DateTimeTZRange:
    """Return the half-open `tstzrange` of a period."""
    return DateTimeTZRange(period.start, period.end, "[)")


def as_period(stored: DateTimeTZRange) -> Period:
    return Period(stored.lower, stored.upper)
