from django.urls import URLPattern, path

from modules.crm.pages import portal, staff

urlpatterns: list[URLPattern] = [
    path("patients/", staff.patients, name="patients"),
    path("patients/new/", staff.register, name="register"),
    path("patients/choices/", staff.choices, name="choices"),
    path("patients/<uuid:patient_id>/", staff.patient, name="patient"),
    path("patients/<uuid:patient_id>/edit/", staff.change, name="change"),
    path("my/", portal.home, name="portal_home"),
    path("my/claim/", portal.claim, name="claim"),
]
