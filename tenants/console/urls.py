"""The console, on the platform's own host; and support, on a tenant's."""

from django.urls import path

from tenants.console.pages import acts, jobs, log, support, support_settings, tenants, visits

on_platform = [
    path("operators/", tenants.tenants, name="operators"),
    path("operators/jobs/", jobs.jobs, name="operators_jobs"),
    path("operators/jobs/retry/", jobs.retry, name="operators_jobs_retry"),
    path("operators/jobs/set-aside/", jobs.set_aside, name="operators_jobs_set_aside"),
    path("operators/log/", log.log, name="operators_log"),
    path("operators/log/export/", log.export, name="operators_log_export"),
    path("operators/tenants/<uuid:tenant_id>/", tenants.tenant, name="operators_tenant"),
    path("operators/tenants/<uuid:tenant_id>/figures/", tenants.new_figures, name="operators_figures"),
    path("operators/tenants/<uuid:tenant_id>/plan/", acts.plan, name="operators_plan"),
    path("operators/tenants/<uuid:tenant_id>/suspension/", acts.suspension, name="suspension"),
    path("operators/tenants/<uuid:tenant_id>/suspension/end/", acts.end_of_suspension, name="end_of_suspension"),
    path("operators/tenants/<uuid:tenant_id>/export/", acts.export, name="operators_export"),
    path("operators/tenants/<uuid:tenant_id>/deletion/", acts.deletion, name="operators_deletion"),
    path("operators/tenants/<uuid:tenant_id>/deletion/end/", acts.end_of_deletion, name="operators_end_of_deletion"),
    path("operators/tenants/<uuid:tenant_id>/modules/<slug:label>/on/", acts.module_on, name="operators_module_on"),
    path("operators/tenants/<uuid:tenant_id>/modules/<slug:label>/off/", acts.module_off, name="operators_module_off"),
    path("operators/tenants/<uuid:tenant_id>/support/", support.ask, name="operators_support"),
    path("operators/support/<uuid:session_id>/pass/", support.give_pass, name="operators_support_pass"),
    path("operators/support/<uuid:session_id>/end/", support.end, name="operators_support_end"),
]

on_tenant = [
    path("support/enter/", visits.enter, name="support_enter"),
    path("support/complete/", visits.complete, name="support_complete"),
    path("support/end/", visits.end, name="support_end"),
    path("settings/support/", support_settings.support, name="support"),
    path("settings/support/policy/", support_settings.policy, name="support_policy"),
    path("settings/support/<uuid:supportsession_id>/answer/", support_settings.answer, name="support_answer"),
    path("settings/support/<uuid:supportsession_id>/end/", support_settings.end, name="support_show_out"),
]
