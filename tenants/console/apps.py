from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "tenants.console"
    label = "console"

    def ready(self) -> None:
        from allauth.account.signals import user_logged_in

        from jobs.schedules import register_platform_schedule
        from tenants.console import sign_ins

        user_logged_in.connect(sign_ins.note_operator)
        register_platform_schedule("tenants.console.tasks.measure_tenants", every=300)
