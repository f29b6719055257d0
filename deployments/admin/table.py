"""The table of deployments in the admin: import with a preview, export, and the download of the whole table."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from unfold.decorators import action

from amiportal.sheets.admin import SheetExport, SheetImport
from amiportal.sheets.formats import CsvFile, ExportFormat, JsonFile, XlsxFile
from deployments.api.deployments import table_response
from deployments.formats.camtrap import left_out, write_camtrap
from deployments.formats.exports import CAMTRAP_FILENAME, GEOJSON_TYPE, write_geojson
from deployments.models import Deployment
from deployments.resources import DeploymentTable
from deployments.resources.table import export_record
from deployments.selectors import deployments_of_the_table


class CamtrapFile(ExportFormat):
    title = "Camtrap DP 1.0 (deployments.csv)"
    extension = "csv"
    content_type = "text/csv; charset=utf-8"


class GeoJsonFile(ExportFormat):
    title = "GeoJSON (maps)"
    extension = "geojson"
    content_type = GEOJSON_TYPE


_WRITERS = {CamtrapFile: write_camtrap, GeoJsonFile: write_geojson}


class TablePages(SheetImport, SheetExport):
    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
    resource_classes = [DeploymentTable]
    export_formats_offered = (CsvFile, XlsxFile, JsonFile, CamtrapFile, GeoJsonFile)

    def export_records(self, queryset: QuerySet[Deployment]) -> Iterable[dict]:
        return map(export_record, queryset.select_related("bucket", "hardware"))

    def get_export_data(
        self, file_format: ExportFormat, request: HttpRequest, queryset: QuerySet, **kwargs: Any
    ) -> bytes:
        if writer := _WRITERS.get(type(file_format)):
            return b"".join(writer(queryset.select_related("bucket", "hardware")))
        return super().get_export_data(file_format, request, queryset, **kwargs)

    def get_export_filename(self, request: HttpRequest, queryset: QuerySet, file_format: ExportFormat) -> str:
        if isinstance(file_format, CamtrapFile):
            return CAMTRAP_FILENAME
        return f"deployments-{timezone.now():%Y-%m-%d}.{file_format.get_extension()}"

    def exportable(self, queryset: QuerySet[Deployment]) -> QuerySet[Deployment]:
        """As the table has it everywhere: without the deployments for trials."""
        return queryset.filter(bucket__is_test=False)

    def export_notes(self, chosen: QuerySet[Deployment]) -> list[str]:
        number, lacking = left_out(chosen)
        if not number:
            return []
        whats = ", ".join(f"{what} ({count})" for what, count in lacking.items())
        return [
            f"Camtrap DP requires coordinates and both ends of the season: {number} of {chosen.count()} stay out of "
            f"that file for lack of {whats}. All other formats have them."
        ]

    def has_download_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self.has_view_permission(request)

    @action(description="Download table", icon="download", permissions=["download"])
    def download_table(self, request: HttpRequest) -> HttpResponseBase:
        """The whole table, whatever is filtered: its readers take what is not in it for gone."""
        return table_response(deployments_of_the_table(request.user))
