"""Addresses to copy: of chosen people, of a bucket's, of a deployment's."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from amiportal.accounts.models import User
from amiportal.accounts.services.addresses import PEOPLE_OF, addresses_of
from amiportal.accounts.templatetags import people
from amiportal.core.admin_bases import PortalAdmin

_Bucket: Any = User._meta.get_field("buckets").related_model


def copy_addresses(model_admin: PortalAdmin, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse:
    """The addresses of those chosen in the list."""
    return _page(request, User.objects.filter(pk__in=queryset.values("pk")), "Mail addresses of the chosen people")


def all_addresses(model_admin: PortalAdmin, request: HttpRequest) -> HttpResponse:
    """The addresses of everybody."""
    return _page(request, User.objects.all(), "Mail addresses of everybody")


def bucket_addresses(bucket: Any) -> SafeString | str:
    """A field of the bucket's page: its people, and a button that copies their addresses."""
    if not bucket.pk:
        return "–"
    return render_to_string("admin/accounts/_addresses.html", people.copy_addresses("bucket", bucket.pk))


@require_safe
def addresses_page(request: HttpRequest) -> HttpResponse:
    """`?bucket=` or `?deployment=` by primary key; 404 without."""
    models = {"bucket": _Bucket, "deployment": _Bucket._meta.get_field("deployments").related_model}
    for of, model in models.items():
        key = request.GET.get(of, "")
        if key.isdecimal():
            found = get_object_or_404(model, pk=key)
            return _page(request, PEOPLE_OF[of](found.pk), f"Mail addresses: {found}")
    raise Http404


def _page(request: HttpRequest, people: QuerySet[User], title: str) -> HttpResponse:
    if not request.user.has_perm("accounts.view_user"):
        raise PermissionDenied
    context = admin.site.each_context(request) | {"title": title, "found": addresses_of(people)}
    return TemplateResponse(request, "admin/accounts/addresses.html", context)
