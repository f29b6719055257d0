from django.apps import AppConfig


class BackgroundConfig(AppConfig):
    name = "amiportal.background"
    label = "background"
    verbose_name = "Machinery"
    default_auto_field = "django.db.models.BigAutoField"
