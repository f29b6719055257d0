from django.apps import AppConfig


class ObjectStoreConfig(AppConfig):
    name = "amiportal.objectstore"
    label = "objectstore"
    verbose_name = "Machinery"
    default_auto_field = "django.db.models.BigAutoField"
