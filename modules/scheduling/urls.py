from django.urls import URLPattern, path

from modules.scheduling.pages import booking, days, feed, portal, requests, settings, visits

urlpatterns: list[URLPattern] = [
    path("today/", days.today, name="today"),
    path("calendar/", days.calendar, name="calendar"),
    path("requests/", requests.waiting, name="requests"),
    path("requests/<uuid:appointment_id>/acceptance/", requests.acceptance, name="acceptance"),
    path("requests/<uuid:appointment_id>/refusal/", requests.refusal, name="refusal"),
    path("appointments/new/", booking.book, name="book"),
    path("appointments/slots/", booking.slots, name="slots"),
    path("appointments/<uuid:appointment_id>/", visits.visit, name="visit"),
    path("appointments/<uuid:appointment_id>/status/", visits.status, name="status"),
    path("appointments/<uuid:appointment_id>/time/", booking.move, name="move"),
    path("appointments/<uuid:appointment_id>/cancellation/", visits.cancellation, name="cancellation"),
    path("appointments/<uuid:appointment_id>/note/", visits.note, name="note"),
    path("settings/calendar/", settings.overview, name="settings"),
    path("settings/calendar/services/new/", settings.service, name="new_service"),
    path("settings/calendar/services/<uuid:service_id>/", settings.service, name="service"),
    path("settings/calendar/rooms/new/", settings.room, name="new_room"),
    path("settings/calendar/rooms/<uuid:room_id>/", settings.room, name="room"),
    path("settings/calendar/location/", settings.location, name="location"),
    path("settings/calendar/practitioners/new/", settings.practitioner, name="new_practitioner"),
    path("settings/calendar/practitioners/<uuid:practitioner_id>/hours/", settings.week, name="week"),
    path("settings/calendar/<slug:kind>/<uuid:thing_id>/end/", settings.end, name="end"),
    path("calendar/feeds/<str:secret>.ics", feed.feed, name="feed"),
    path("my/book/", portal.book, name="portal_book"),
    path("my/visits/<uuid:appointment_id>/", portal.visit, name="portal_visit"),
    path("my/visits/<uuid:appointment_id>/time/", portal.move, name="portal_move"),
    path("my/visits/<uuid:appointment_id>/cancellation/", portal.cancellation, name="portal_cancellation"),
    path("my/visits/<uuid:appointment_id>/visit.ics", portal.calendar, name="portal_calendar"),
]
