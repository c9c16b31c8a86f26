from django.apps import AppConfig


class HttpapiConfig(AppConfig):
    name = "httpapi"
