from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "tenants.console"
    label = "console"

    def ready(self) -> None:
        from allauth.account.signals import user_logged_in
        from django.utils.translation import gettext_lazy as _

        from access.explaining import add_onlookers
        from jobs.schedules import register_platform_schedule
        from kernel.modules import SettingsEntry, add_workspace_settings
        from kernel.mount import add_workspace_api
        from tenants.console import onlooking, sign_ins

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
        add_workspace_api("support", "tenants.console.endpoints.support.router")
        add_onlookers(onlooking.onlookers)
        user_logged_in.connect(sign_ins.note_operator)
        register_platform_schedule("tenants.console.tasks.measure_tenants", every=300)
