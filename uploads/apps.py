from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "uploads"
    verbose_name = "What was uploaded"

    def ready(self) -> None:
        # Models can be imported only now.
        from deployments import holdings  # noqa: PLC0415
        from uploads.admin.deployment_page import TELLER  # noqa: PLC0415

        holdings.register(TELLER)
