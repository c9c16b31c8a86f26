"""The scorecard's harness: run by hand with `manage.py perf`, never by the suite."""
