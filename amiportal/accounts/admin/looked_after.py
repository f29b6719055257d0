"""Whose page it is, for what is done there."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from amiportal.accounts.models import User
from amiportal.core.admin_bases import PortalAdmin


def looked_after(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> tuple[User, str]:
    """The person whose page it is, and its address. Raises PermissionDenied where this one is not theirs to change."""
    person = get_object_or_404(User, pk=object_id)
    if not model_admin.has_change_permission(request, person):
        raise PermissionDenied
    return person, reverse("admin:accounts_user_change", args=[person.pk])
