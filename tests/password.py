"""The password of everybody in the cast, and a hash of it that takes no time."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher

PASSWORD = "correct-horse-battery"
QUICK_HASHERS = ["tests.password.QuickArgon2"]


class QuickArgon2(Argon2PasswordHasher):
    """The same steps as in production, at the least cost that Argon2 takes: it is there to be slow."""

    time_cost = 1
    memory_cost = 8  # KiB
    parallelism = 1
