from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "uploads"
    verbose_name = "What was uploaded"

    def ready(self) -> None:
        # Models can be imported only now.
        from amiportal.accounts.services import open_urls  # noqa: PLC0415
        from deployments import holdings  # noqa: PLC0415
        from uploads.admin.deployment_page import FilesOfUploads  # noqa: PLC0415
        from uploads.holdings import urls_of_person_end_at  # noqa: PLC0415

        holdings.register(FilesOfUploads())
        open_urls.register(urls_of_person_end_at)
