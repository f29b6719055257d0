from django.apps import AppConfig


class SnapshotsConfig(AppConfig):
    name = "amiportal.operations.snapshots"
    label = "snapshots"
    verbose_name = "Machinery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from amiportal.operations.snapshots.services import snapshot_before_import  # noqa: PLC0415 (needs the app registry)
        from deployments import hooks  # noqa: PLC0415

        hooks.before_import.append(snapshot_before_import)
