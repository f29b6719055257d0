from django.apps import AppConfig


class DoctorConfig(AppConfig):
    name = "amiportal.doctor"
    label = "doctor"
    verbose_name = "Health"
    default_auto_field = "django.db.models.BigAutoField"
