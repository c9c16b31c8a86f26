from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "access"

    def ready(self) -> None:
        from access import fields, permissions, rules
        from access.membership import role_of
        from audit import recording
        from kernel.modules import installed_modules

        recording.find_roles_by(role_of)
        permissions.register(rules.PERMISSIONS, rules.WORDS)
        for module in installed_modules():
            permissions.register(module.load(module.permissions), module.load(module.words))
            if module.fields:
                fields.register_fields(module.load(module.fields))
