"""The web application, for a WSGI server with threads (under ASGI the tenant is lost in the event loop)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

from tenancy import poolers  # noqa: E402 - needs Django set up

poolers.check_at_boot()
