from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "access"

    def ready(self) -> None:
        from access import permissions, rules
        from kernel.modules import installed_modules

        permissions.register(rules.PERMISSIONS, rules.WORDS)
        for module in installed_modules():
            permissions.register(module.load(module.permissions), module.load(module.words))
