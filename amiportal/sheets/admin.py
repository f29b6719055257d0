"""Import with a preview, and export, in the admin: django-import-export's pages over tables of ours."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from import_export.admin import ImportExportMixin
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from amiportal.core.admin_bases import PortalAdmin
from amiportal.sheets.common import MAX_BYTES, NotASheet, check_size
from amiportal.sheets.formats import CsvFile, ExportFormat, JsonFile, OwnShape, XlsxFile, any_sheet
from amiportal.sheets.importing import ImportFolder, SheetResource

_FAULTS_TOLD = 10


class SheetForm(ImportForm):
    """Choose a file; which of the formats it is shows in the file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].widget = forms.HiddenInput()
        self.fields["import_file"].widget.attrs["accept"] = ".csv,.xlsx,.json,.txt"
        self.fields["import_file"].help_text = f"CSV, XLSX or JSON, at most {MAX_BYTES // 1024 // 1024} MB."

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        try:
            check_size(file.size)
        except NotASheet as error:
            raise forms.ValidationError(str(error)) from error
        return file


class SheetExportForm(ExportForm):
    """Which format, as buttons: there are few, and each says what it is for."""

    def __init__(self, formats: Any, resources: Any, **kwargs: Any) -> None:
        super().__init__(formats, resources, **kwargs)
        choices = [(str(i), f.title) for i, f in enumerate(formats)]
        self.fields["format"] = forms.ChoiceField(choices=choices, initial="0", widget=forms.RadioSelect)


class SheetAdmin(ImportExportMixin, PortalAdmin):
    """A PortalAdmin whose records come from a sheet, with a preview, and go into one.

    `resource_classes` has one SheetResource, which says what a row means; `export_records` says what the rows of a
    queryset are. The export has what the list shows, in one of `export_formats_offered`.
    """

    import_form_class = SheetForm
    import_template_name = "admin/sheets/import.html"
    tmp_storage_class = ImportFolder
    export_form_class = SheetExportForm
    export_template_name = "admin/sheets/export.html"
    export_formats_offered: tuple[type[ExportFormat], ...] = (CsvFile, XlsxFile, JsonFile)

    # --- Import -------------------------------------------------------------------------------------------------

    def get_import_formats(self) -> list:
        return [any_sheet(self.resource_classes[0].columns)]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        if not isinstance(e, NotASheet):
            raise e  # a fault of ours, not of the file
        form.add_error("import_file", str(e))

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return super().process_import(request, **kwargs)
        except (FileNotFoundError, NotASheet):
            messages.error(request, "The file of the preview is gone. Choose it again.")
            return HttpResponseRedirect(_list_page(self, "import"))

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        """The database may have changed since the preview: then nothing was written, and that is what is said."""
        if not result.has_errors():
            return super().process_result(result, request)
        for line, errors in result.row_errors()[:_FAULTS_TOLD]:
            messages.error(request, f"Row {line}: {errors[0].error}")
        for error in result.base_errors:
            messages.error(request, str(error.error))
        messages.error(request, "Nothing was imported.")
        return HttpResponseRedirect(_list_page(self, "import"))

    def add_success_message(self, result: Any, request: HttpRequest) -> None:
        messages.success(request, f"Imported: {result.summary}")

    # --- Export -------------------------------------------------------------------------------------------------

    def export_records(self, queryset: QuerySet) -> Iterable[dict]:
        """Rows by column, numbers as numbers, None for what is not known."""
        raise NotImplementedError

    def get_export_formats(self) -> list:
        return list(self.export_formats_offered)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def exportable(self, queryset: QuerySet) -> QuerySet:
        """What of a list may be in the file at all."""
        return queryset

    def get_export_queryset(self, request: HttpRequest) -> QuerySet:
        return self.exportable(super().get_export_queryset(request))

    def get_export_data(
        self, file_format: ExportFormat, request: HttpRequest, queryset: QuerySet, **kwargs: Any
    ) -> bytes:
        if not self.has_export_permission(request):
            raise PermissionDenied
        if isinstance(file_format, OwnShape):
            return file_format.write_queryset(queryset)
        resource: type[SheetResource] = self.resource_classes[0]
        return file_format.write(resource.columns.all, self.export_records(queryset), table=resource.title)

    def get_export_filename(self, request: HttpRequest, queryset: QuerySet, file_format: ExportFormat) -> str:
        name = str(self.opts.verbose_name_plural).replace(" ", "-")
        return file_format.filename or f"{name}-{timezone.now():%Y-%m-%d}.{file_format.get_extension()}"

    def init_request_context_data(self, request: HttpRequest, form: Any) -> dict:
        chosen = self.get_export_queryset(request)
        return super().init_request_context_data(request, form) | {
            "title": f"Export {self.opts.verbose_name_plural}",
            "chosen": chosen.count(),
            "all": self.exportable(self.get_queryset(request)).count(),
            "format_notes": self.export_notes(chosen),
            "back": f"{_list_page(self, 'changelist')}?{request.GET.urlencode()}".rstrip("?"),
        }

    def export_notes(self, chosen: QuerySet) -> list[str]:
        """What people should know of what they are about to export."""
        return []


def _list_page(model_admin: Any, name: str) -> str:
    return reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_{name}")
