from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "tenants.console"
    label = "console"

    def ready(self) -> None:
        from allauth.account.signals import user_logged_in
        from django.utils.translation import gettext_lazy as _

        from jobs.schedules import register_platform_schedule
        from kernel.modules import SettingsEntry, add_workspace_settings
        from tenants.console import sign_ins

        add_workspace_settings(
            SettingsEntry(
                _("Support"),
                _("Who of Atrium’s support looked on here and why; whether they ask you first."),
                "tenants:support",
                permission="tenants.manage_support",
                icon="life-buoy",
                order=40,
            )
        )
        user_logged_in.connect(sign_ins.note_operator)
        register_platform_schedule("tenants.console.tasks.measure_tenants", every=300)
