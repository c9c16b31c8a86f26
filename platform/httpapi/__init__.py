"""The JSON API: one NinjaAPI, problem details, paging, idempotency keys, and the first doors (tokens, people)."""
