from django.apps import AppConfig


class ObjectStoreConfig(AppConfig):
    name = "amiportal.objectstore"
    label = "objectstore"
    verbose_name = "Object store"
    default_auto_field = "django.db.models.BigAutoField"
