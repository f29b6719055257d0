"""The pages that partners see."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from uploads import history_views, info_views, legacy_api, receipt_views, views


@csrf_exempt
def upload_address(request: HttpRequest) -> HttpResponse:
    """One address, two uses: the page lives where the old service took files by POST."""
    return legacy_api.upload(request) if request.method == "POST" else views.upload(request)


urlpatterns = [
    path("", views.home, name="home"),
    path("upload/", upload_address, name="upload"),
    path("check/", views.check_card, name="check-card"),
    path("uploads/", history_views.history, name="history"),
    path("uploads/<int:session_id>/", history_views.receipt_page, name="receipt"),
    path("uploads/<int:session_id>/receipt.csv", history_views.receipt_csv, name="receipt-csv"),
    path("receipts/key/", receipt_views.receipt_key, name="receipt-key"),
    path("receipts/check/", receipt_views.check, name="receipt-check"),
    path("guide/", info_views.guide, name="guide"),
    path("script/", info_views.script, name="script"),
    path("ami_upload.py", info_views.script_download, name="script-download"),
]
