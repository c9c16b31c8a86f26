from django.urls import URLPattern, path

<<<<<<< HEAD
from modules.scheduling.pages import (
    booking,
    calendars,
    days,
    feed,
    portal,
    portal_calendar,
    requests,
    settings,
    visits,
)
=======
from modules.scheduling.pages import booking, calendar, days, feed, portal, requests, settings, visits
>>>>>>> 62e2184 (Let visits be dragged, drawn out and carried by keyboard in the calendar: by practitioner, room or service, by day, week or month)

urlpatterns: list[URLPattern] = [
    path("today/", days.today, name="today"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("requests/", requests.waiting, name="requests"),
    path("requests/<uuid:appointment_id>/acceptance/", requests.acceptance, name="acceptance"),
    path("requests/<uuid:appointment_id>/refusal/", requests.refusal, name="refusal"),
    path("appointments/new/", booking.book, name="book"),
    path("appointments/slots/", booking.slots, name="slots"),
    path("appointments/<uuid:appointment_id>/", visits.visit, name="visit"),
    path("appointments/<uuid:appointment_id>/status/", visits.status, name="status"),
    path("appointments/<uuid:appointment_id>/time/", booking.move, name="move"),
    path("appointments/<uuid:appointment_id>/place/", calendar.place, name="place"),
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
    path("settings/calendars/", calendars.overview, name="calendars"),
    path("settings/calendars/<uuid:practitioner_id>/address/", calendars.new_feed, name="new_feed"),
    path("settings/calendars/<uuid:practitioner_id>/connection/", calendars.connect, name="connect_calendar"),
    path("settings/calendars/addresses/<uuid:feed_id>/", calendars.feed, name="shared_feed"),
    path("settings/calendars/addresses/<uuid:feed_id>/renewal/", calendars.renewal, name="renew_feed"),
    path("settings/calendars/addresses/<uuid:feed_id>/revocation/", calendars.revocation, name="revoke_feed"),
    path("settings/calendars/elsewhere/<uuid:calendar_id>/reading/", calendars.reading, name="read_calendar"),
    path("settings/calendars/elsewhere/<uuid:calendar_id>/disconnection/", calendars.disconnection, name="disconnect"),
    path("my/calendar/", portal_calendar.overview, name="portal_feeds"),
    path("my/calendar/<uuid:feed_id>/renewal/", portal_calendar.renewal, name="portal_renew_feed"),
    path("my/calendar/<uuid:feed_id>/revocation/", portal_calendar.revocation, name="portal_revoke_feed"),
    path("calendar/feeds/<str:secret>.ics", feed.feed, name="feed"),
    path("my/book/", portal.book, name="portal_book"),
    path("my/visits/<uuid:appointment_id>/", portal.visit, name="portal_visit"),
    path("my/visits/<uuid:appointment_id>/time/", portal.move, name="portal_move"),
    path("my/visits/<uuid:appointment_id>/cancellation/", portal.cancellation, name="portal_cancellation"),
    path("my/visits/<uuid:appointment_id>/visit.ics", portal.calendar, name="portal_calendar"),
]
