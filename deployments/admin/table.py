"""The table of deployments in the admin: import with a preview, and the download."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ImportMixin
from unfold.contrib.import_export.forms import ImportForm
from unfold.decorators import action

from deployments.api import table_response
from deployments.resources import DeploymentTable, ImportFolder, TableFile
from deployments.selectors import deployments_of_the_table
from deployments.table import NotTheTable

_FAULTS_TOLD = 10


class TableImport(ImportMixin):
    """django-import-export's pages over deployments.table and services.import_table: one set of rules for all."""

    resource_classes = [DeploymentTable]
    import_form_class = ImportForm
    import_template_name = "admin/deployments/import.html"
    tmp_storage_class = ImportFolder

    def get_import_formats(self) -> list:
        return [TableFile]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def add_data_read_fail_error_to_form(self, form, e: Exception) -> None:
        if isinstance(e, NotTheTable):
            form.add_error("import_file", str(e))
        else:
            super().add_data_read_fail_error_to_form(form, e)

    def process_import(self, request: HttpRequest, **kwargs) -> HttpResponse:
        try:
            return super().process_import(request, **kwargs)
        except (FileNotFoundError, NotTheTable):
            messages.error(request, "The file of the preview is gone. Choose it again.")
            return HttpResponseRedirect(reverse("admin:deployments_deployment_import"))

    def process_result(self, result, request: HttpRequest) -> HttpResponse:
        """The database may have changed since the preview: then nothing was written, and that is what is said."""
        if not result.has_errors():
            return super().process_result(result, request)
        for line, errors in result.row_errors()[:_FAULTS_TOLD]:
            messages.error(request, f"Line {line}: {errors[0].error}")
        for error in result.base_errors:
            messages.error(request, str(error.error))
        messages.error(request, "Nothing was imported.")
        return HttpResponseRedirect(reverse("admin:deployments_deployment_import"))

    def add_success_message(self, result, request: HttpRequest) -> None:
        messages.success(request, f"Imported: {result.summary}")

    def has_download_permission(self, request: HttpRequest, object_id=None) -> bool:
        return self.has_view_permission(request)

    @action(description="Download table", icon="download", permissions=["download"])
    def download_table(self, request: HttpRequest) -> HttpResponse:
        """The whole table, whatever is filtered: its readers take what is not in it for gone."""
        return table_response(deployments_of_the_table(request.user))
