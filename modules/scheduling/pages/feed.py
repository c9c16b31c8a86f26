"""What a calendar app is answered at its secret address."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.utils import timezone, translation

from httpapi.transactions import own_transaction
from identity.secrets import digest
from kernel import limits
from modules.scheduling.domain.calendar_file import MEDIA_TYPE
from modules.scheduling.services.elsewhere import feeds
from tenancy.requests import Request
from webui.doors import open_page

FETCHES, MISSES, SECONDS = 60, 120, 10 * 60


@open_page("the secret in its address is the key: calendar apps cannot sign in")
@own_transaction
def feed(request: Request, secret: str) -> HttpResponse:
    """Answer with the visits behind the secret. For an unknown one and a revoked one there is the same nothing."""
    limits.count("calendar-feed", digest(secret), at_most=FETCHES, seconds=SECONDS)
    with transaction.atomic(), translation.override(request.tenant.language):
        found = feeds.find_feed(secret=secret)
        if found is None:
            limits.count("calendar-feed-unknown", request.ip, at_most=MISSES, seconds=SECONDS)
            raise Http404
        answer = feeds.answer_feed(feed=found, known=request.headers.get("If-None-Match", ""), at=timezone.now())
    if answer.content is None:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(answer.content, content_type=MEDIA_TYPE)
        response["Content-Disposition"] = 'inline; filename="visits.ics"'
    response["ETag"] = answer.etag
    response["Cache-Control"] = "private, no-cache"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
