"""The platform's host as it is where the deployment names a provider."""

from config.urls_platform import *  # noqa: F403
from config.urls_platform import urlpatterns as without
from identity import elsewhere

urlpatterns = [*without, *elsewhere.urlpatterns]
