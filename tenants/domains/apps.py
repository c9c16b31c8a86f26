from django.apps import AppConfig


class DomainsConfig(AppConfig):
    name = "tenants.domains"
    label = "domains"

    def ready(self) -> None:
        from jobs.schedules import register_platform_schedule

        register_platform_schedule("tenants.domains.tasks.check_due", every=600)
