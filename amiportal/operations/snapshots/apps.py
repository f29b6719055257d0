from django.apps import AppConfig


class SnapshotsConfig(AppConfig):
    name = "amiportal.operations.snapshots"
    label = "snapshots"
    verbose_name = "Machinery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from amiportal.operations.snapshots.services import snapshot_before_import  # noqa: PLC0415 (needs the app registry)
        from amiportal.sheets.signals import before_import  # noqa: PLC0415

        before_import.connect(snapshot_before_import)
