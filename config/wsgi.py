"""The web application, for a WSGI server with threads (under ASGI the tenant is lost in the event loop)."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

for urlconf in (settings.ROOT_URLCONF, settings.PLATFORM_URLCONF):
    import_module(urlconf)  # every page and the API now, and not while the first visitor waits

from tenancy import poolers  # noqa: E402 - needs Django set up

poolers.check_at_boot()

# What is loaded stays until the end. The collector would look through all of it again and again, in some request.
gc.collect()
gc.freeze()
