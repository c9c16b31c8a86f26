"""Put my visits into my calendar: what patients do with addresses of their own."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from httpapi.transactions import own_transaction
from modules.scheduling.forms.feeds import FeedForm
from modules.scheduling.models import CalendarFeed
from modules.scheduling.models.feeds import CalendarFeedQuerySet
from modules.scheduling.pages.calendars import app_url, make_from
from modules.scheduling.services.elsewhere import feeds
from modules.scheduling.services.elsewhere.feeds import MadeFeed
from tenancy.requests import Request
from webui.doors import action, page


@page("access.use_portal")
@own_transaction
def overview(request: Request) -> HttpResponse:
    """The addresses there are, and one more. A new one is shown in the answer itself: it is shown once."""
    form = FeedForm(request.POST or None, of_patient=True)
    if made := make_from(form, practitioner=None, by=request.user):
        return _show_made(request, made)
    context = {"form": form, "feeds": _own(request).in_order(), "back": "/my/"}
    return render(request, "scheduling/portal_calendar.html", context, status=422 if form.is_bound else 200)


@page("access.use_portal")
@own_transaction
def renewal(request: Request, feed_id: UUID) -> HttpResponse:
    feed = get_object_or_404(_own(request), pk=feed_id)
    if request.method != "POST":
        return redirect("scheduling:portal_feeds")
    return _show_made(request, feeds.renew_feed(feed=feed, by=request.user))


@action("access.use_portal")
def revocation(request: Request, feed_id: UUID) -> HttpResponse:
    feed = get_object_or_404(_own(request), pk=feed_id)
    feeds.revoke_feed(feed=feed, by=request.user, at=timezone.now())
    messages.success(request, _("Revoked. What the app has loaded already stays there until you remove it."))
    return redirect("scheduling:portal_feeds")


def _own(request: Request) -> CalendarFeedQuerySet:
    return CalendarFeed.objects.visible_to(request.user).current().filter(user_id=request.user.pk)


def _show_made(request: Request, made: MadeFeed) -> HttpResponse:
    context = {"feed": made.feed, "url": made.url, "app_url": app_url(made), "back": "/my/calendar/"}
    return render(request, "scheduling/portal_calendar_made.html", context, status=201)
