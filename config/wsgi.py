"""The web application, for a WSGI server with threads (under ASGI the tenant is lost in the event loop)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
