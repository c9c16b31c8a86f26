"""Where Stripe tells us what happened: POST /webhooks/stripe/ on the platform's host."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from webhooks.receiving import NotFromStripe, read_signed, take_in

LARGEST_BODY = 1 << 20  # Stripe's events are a few kilobytes


@csrf_exempt  # no browser ever comes here; Stripe's signature over the body is the proof
@require_POST
def receive_stripe_event(request: HttpRequest) -> HttpResponse:
    if int(request.headers.get("Content-Length") or 0) > LARGEST_BODY:
        return _problem(413, "body-too-large", "An event is never that large.")
    try:
        event = read_signed(request.body, header=request.headers.get("Stripe-Signature", ""))
    except NotFromStripe as error:
        return _problem(400, "signature-not-good", str(error))
    return JsonResponse({"received": True, "is_new": take_in(event)})


def _problem(status: int, code: str, detail: str) -> HttpResponse:
    """Return a problem document (RFC 9457). The API's own maker of them stands above this package."""
    body = {"type": f"/problems/{code}", "title": HTTPStatus(status).phrase, "status": status}
    return JsonResponse(body | {"detail": detail, "code": code}, status=status, content_type="application/problem+json")
