"""The pages of the platform's own host, and what a tenant's host has that belongs to no module."""

from django.urls import path

from tenants.console import urls as console
from tenants.domains import certificates
from tenants.life import pages as life
from tenants.pages import (
    accounts,
    activity,
    address,
    closing,
    domains,
    invitations,
    roles,
    search,
    security,
    sessions,
    settings,
    start,
    team,
    workspaces,
)
from webui.front_door import front_door

on_platform = [
    path("", start.landing, name="landing"),
    path("internal/certificates/", certificates.may_have, name="certificates"),
    path("start/", start.start, name="start"),
    path("start/availability/", start.availability, name="availability"),
    path("start/mail/", start.mail_again, name="mail_again"),
    path("opening/<uuid:tenant_id>/", workspaces.opening, name="opening"),
    path("workspaces/", workspaces.workspaces, name="workspaces"),
    path("workspaces/<uuid:tenant_id>/deletion/end/", workspaces.end_of_deletion, name="end_of_deletion"),
    path("workspaces/<uuid:tenant_id>/opening/", workspaces.open_reserved, name="open_reserved"),
    path("invitations/<uuid:tenant_id>/<str:secret>/", invitations.invitation, name="invitation"),
    path("accounts/login/", accounts.sign_in, name="account_login"),
    path("accounts/signup/", accounts.sign_up, name="account_signup"),
    path("accounts/2fa/", accounts.second_step, name="mfa_index"),
    path("accounts/close/", closing.close, name="close_account"),
    path("accounts/closed/", closing.closed, name="account_closed"),
    path("accounts/sessions/", sessions.sessions, name="sessions"),
    path("accounts/sessions/others/end/", sessions.end_others, name="end_other_sessions"),
    path("accounts/sessions/<uuid:sign_in>/end/", sessions.end_session, name="end_session"),
    path("accounts/programs/<uuid:family>/end/", sessions.end_program, name="end_program"),
    *console.on_platform,
]

on_tenant = [
    path("settings/data/", life.data, name="data"),
    path("settings/data/exports/", life.ask, name="ask_for_export"),
    path("settings/data/exports/<str:token>/file/", life.file, name="export_file"),
    path("settings/data/exports/<uuid:export_id>/end/", life.discard, name="discard_export"),
    path("settings/data/deletion/", life.deletion, name="deletion"),
    path("", front_door, name="home"),
    path("search/", search.search, name="search"),
    *console.on_tenant,
    path("settings/", settings.overview, name="settings"),
    path("settings/roles/", roles.overview, name="roles"),
    path("settings/roles/right/", roles.right, name="right"),
    path("settings/roles/right/preset/", roles.back, name="right_back"),
    path("settings/address/", address.address, name="address"),
    path("settings/address/subdomain/", address.subdomain, name="address_subdomain"),
    path("settings/address/primary/", address.primary, name="address_primary"),
    path("settings/address/domains/", domains.add, name="domain_add"),
    path("settings/address/domains/<uuid:domain_id>/check/", domains.check, name="domain_check"),
    path("settings/address/domains/<uuid:domain_id>/remove/", domains.remove, name="domain_remove"),
    path("settings/security/", security.security, name="security"),
    path("second-step/", security.second_step_asked, name="second_step_asked"),
    path("settings/activity/", activity.activity, name="activity"),
    path("settings/activity/export/", activity.export, name="activity_export"),
    path("settings/team/", team.team, name="team"),
    path("settings/team/invitations/", team.invite, name="invite"),
    path("settings/team/<uuid:member_id>/role/", team.role, name="member_role"),
    path("settings/team/<uuid:member_id>/invitation/", team.invitation, name="member_invitation"),
    path("settings/team/<uuid:member_id>/end/", team.end, name="member_end"),
]
