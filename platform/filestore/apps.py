from django.apps import AppConfig


class FilestoreConfig(AppConfig):
    name = "filestore"
