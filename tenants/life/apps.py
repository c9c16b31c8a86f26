from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LifeConfig(AppConfig):
    name = "tenants.life"
    label = "life"

    def ready(self) -> None:
        from jobs.schedules import register_platform_schedule
        from kernel.modules import SettingsEntry, add_workspace_settings
        from kernel.mount import add_workspace_api

        add_workspace_settings(
            SettingsEntry(
                _("Your data"),
                _("Take everything along in one file, or have the workspace deleted."),
                "tenants:data",
                permission="tenants.export_data",
                icon="database",
                order=90,
            )
        )
        add_workspace_api("exports", "tenants.life.endpoints.exports.router")
        add_workspace_api("deletion", "tenants.life.endpoints.deletion.router")
        register_platform_schedule("tenants.life.tasks.seal_rooms", every=3600)
        register_platform_schedule("tenants.life.tasks.erase_due", every=3600)
        register_platform_schedule("tenants.life.tasks.forget_old_rooms", every=24 * 3600)
