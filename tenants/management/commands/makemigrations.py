"""`makemigrations` as the owner: it may be the first command that a new database ever sees."""

from typing import Any

from django.core.management.commands.makemigrations import Command as DjangoMakeMigrations

from tenancy import use_owner


class Command(DjangoMakeMigrations):
    def handle(self, *labels: Any, **options: Any) -> None:
        with use_owner():
            super().handle(*labels, **options)
