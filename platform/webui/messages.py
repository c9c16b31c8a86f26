"""What is said on the next page: Django's cookie, under a name that binds it to its host."""

from __future__ import annotations

from django.contrib.messages.storage.cookie import CookieStorage as DjangoCookieStorage

from kernel.cookies import full_name


class CookieStorage(DjangoCookieStorage):
    @property
    def cookie_name(self) -> str:  # type: ignore[override]
        return full_name("messages")
