"""The table of deployments in the admin: what its export has, in which formats, and the download of the whole table."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from amiportal.core.admin_bases import PortalAdmin
from amiportal.sheets.formats import CsvFile, JsonFile, OwnShape, XlsxFile
from deployments.api.deployments import table_response
from deployments.formats.camtrap import left_out, write_camtrap
from deployments.formats.exports import CAMTRAP_FILENAME, GEOJSON_TYPE, write_geojson
from deployments.models import Deployment
from deployments.resources.table import export_record
from deployments.selectors import deployments_of_the_table


class CamtrapFile(OwnShape):
    title = "Camtrap DP 1.0 (deployments.csv)"
    extension = "csv"
    filename = CAMTRAP_FILENAME
    content_type = "text/csv; charset=utf-8"

    def write_queryset(self, queryset: QuerySet[Deployment]) -> bytes:
        return b"".join(write_camtrap(_joined(queryset)))


class GeoJsonFile(OwnShape):
    title = "GeoJSON (maps)"
    extension = "geojson"
    content_type = GEOJSON_TYPE

    def write_queryset(self, queryset: QuerySet[Deployment]) -> bytes:
        return b"".join(write_geojson(_joined(queryset)))


FORMATS = (CsvFile, XlsxFile, JsonFile, CamtrapFile, GeoJsonFile)


def records(queryset: QuerySet[Deployment]) -> Iterable[dict]:
    """The rows of a file of the table."""
    return map(export_record, _joined(queryset))


def without_trials(queryset: QuerySet[Deployment]) -> QuerySet[Deployment]:
    """As the table has it everywhere: without the deployments for trials."""
    return queryset.filter(bucket__is_test=False)


def notes(chosen: QuerySet[Deployment]) -> list[str]:
    """What people should know before they export `chosen`."""
    number, lacking = left_out(chosen)
    if not number:
        return []
    whats = ", ".join(f"{what} ({count})" for what, count in lacking.items())
    return [
        f"Camtrap DP requires coordinates and both ends of the season: {number} of {chosen.count()} stay out of "
        f"that file for lack of {whats}. All other formats have them."
    ]


def download_table(model_admin: PortalAdmin, request: HttpRequest) -> HttpResponseBase:
    """The whole table, whatever is filtered: its readers take what is not in it for gone."""
    return table_response(deployments_of_the_table(request.user))


def _joined(queryset: QuerySet[Deployment]) -> QuerySet[Deployment]:
    return queryset.select_related("bucket", "hardware")
