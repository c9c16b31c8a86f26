from django.urls import URLPattern, path

from modules.crm.pages import care, consent_texts, consents, episodes, portal, portal_consents, staff

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
    path("patients/<uuid:patient_id>/consents/", consents.consents, name="consents"),
    path("patients/<uuid:patient_id>/consents/<uuid:consent_id>/", consents.consent, name="consent"),
    path("patients/<uuid:patient_id>/consents/<uuid:kind_id>/sign/", consents.sign, name="consent_sign"),
    path("patients/<uuid:patient_id>/consents/<uuid:kind_id>/paper/", consents.paper, name="consent_paper"),
    path("patients/<uuid:patient_id>/consents/<uuid:kind_id>/withdrawal/", consents.withdraw, name="consent_withdraw"),
    path("patients/<uuid:patient_id>/episodes/<uuid:episode_id>/", episodes.episode, name="episode"),
    path("settings/consents/", consent_texts.kinds, name="consent_kinds"),
    path("settings/consents/new/", consent_texts.new_kind, name="new_consent_kind"),
    path("settings/consents/<uuid:kind_id>/", consent_texts.kind, name="consent_kind"),
    path("settings/consents/<uuid:kind_id>/end/", consent_texts.end, name="end_consent_kind"),
    path("settings/consents/<uuid:kind_id>/text/", consent_texts.text, name="consent_text"),
    path("my/consents/", portal_consents.consents, name="portal_consents"),
    path("my/consents/<uuid:patient_id>/<uuid:kind_id>/", portal_consents.sign, name="portal_consent_sign"),
    path(
        "my/consents/<uuid:patient_id>/<uuid:kind_id>/withdrawal/",
        portal_consents.withdraw,
        name="portal_consent_withdraw",
    ),
    path("my/", portal.home, name="portal_home"),
    path("my/looks/", portal.looks, name="portal_looks"),
    path("my/claim/", portal.claim, name="claim"),
]
