"""The pages that partners see."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from uploads import legacy_api, views


@csrf_exempt
def upload_address(request: HttpRequest) -> HttpResponse:
    """One address, two uses: the page lives where the old service took files by POST."""
    return legacy_api.upload(request) if request.method == "POST" else views.upload(request)


urlpatterns = [
    path("", views.home, name="home"),
    path("upload/", upload_address, name="upload"),
    path("check/", views.check_card, name="check-card"),
]
