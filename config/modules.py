"""The modules this deployment sells, in the order of their dependencies. The one place where they are named."""

INSTALLED_MODULES = ["modules.crm", "modules.scheduling", "modules.inventory", "modules.billing"]
