from django.urls import URLPattern, path

from modules.crm.pages import care, portal, staff

urlpatterns: list[URLPattern] = [
    path("patients/", staff.patients, name="patients"),
    path("patients/new/", staff.register, name="register"),
    path("patients/choices/", staff.choices, name="choices"),
    path("patients/<uuid:patient_id>/", staff.patient, name="patient"),
    path("patients/<uuid:patient_id>/edit/", staff.change, name="change"),
    path("patients/emergency/", care.emergency, name="emergency"),
    path("patients/<uuid:patient_id>/emergency/", care.emergency_of, name="emergency_of"),
    path("patients/<uuid:patient_id>/care/", care.care, name="care"),
    path("patients/<uuid:patient_id>/care/give/", care.give, name="give_access"),
    path("patients/<uuid:patient_id>/care/end/", care.end, name="end_access"),
    path("patients/<uuid:patient_id>/access/", care.access, name="access"),
    path("my/", portal.home, name="portal_home"),
    path("my/looks/", portal.looks, name="portal_looks"),
    path("my/claim/", portal.claim, name="claim"),
]
