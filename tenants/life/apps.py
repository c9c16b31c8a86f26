from django.apps import AppConfig


class LifeConfig(AppConfig):
    name = "tenants.life"
    label = "life"

    def ready(self) -> None:
        from jobs.schedules import register_platform_schedule

        register_platform_schedule("tenants.life.tasks.seal_rooms", every=3600)
