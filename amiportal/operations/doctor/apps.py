from django.apps import AppConfig, apps


class DoctorConfig(AppConfig):
    name = "amiportal.operations.doctor"
    label = "doctor"
    verbose_name = "Machinery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # People know what it does, not whose package it is.
        apps.get_app_config("procrastinate").verbose_name = self.verbose_name
        job = apps.get_model("procrastinate", "ProcrastinateJob")._meta
        job.verbose_name, job.verbose_name_plural = "job", "background work"
