"""The platform's own host. What runs on a tenant's host is each module's."""

from django.urls import path

from tenants.pages import operators, start, workspaces

urlpatterns = [
    path("", start.landing, name="landing"),
    path("start/", start.start, name="start"),
    path("start/availability/", start.availability, name="availability"),
    path("opening/<uuid:tenant_id>/", workspaces.opening, name="opening"),
    path("workspaces/", workspaces.workspaces, name="workspaces"),
    path("workspaces/opening/", workspaces.open_reserved, name="open_reserved"),
    path("operators/", operators.tenants, name="operators"),
    path("operators/tenants/<uuid:tenant_id>/", operators.tenant, name="operators_tenant"),
    path("operators/tenants/<uuid:tenant_id>/suspension/", operators.suspension, name="suspension"),
    path("operators/tenants/<uuid:tenant_id>/suspension/end/", operators.end_of_suspension, name="end_of_suspension"),
]
