"""The pages that partners see."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from uploads.api import legacy
from uploads.pages import history, info, receipts, upload


@csrf_exempt
def upload_address(request: HttpRequest) -> HttpResponse:
    """One address, two uses: the page lives where the old service took files by POST."""
    return legacy.upload(request) if request.method == "POST" else upload.upload(request)


urlpatterns = [
    path("", upload.home, name="home"),
    path("upload/", upload_address, name="upload"),
    path("check/", upload.check_card, name="check-card"),
    path("uploads/", history.history, name="history"),
    path("uploads/<int:session_id>/", history.receipt_page, name="receipt"),
    path("uploads/<int:session_id>/receipt.csv", history.receipt_csv, name="receipt-csv"),
    path("receipts/key/", receipts.receipt_key, name="receipt-key"),
    path("receipts/check/", receipts.check, name="receipt-check"),
    path("guide/", info.guide, name="guide"),
    path("script/", info.script, name="script"),
    path("ami_upload.py", info.script_download, name="script-download"),
]
