"""What the admin's pages of all apps share: pages beside list and form, and pages that ask before they act."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import update_wrapper
from typing import Any, TypeVar

from django import forms
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from amiportal.core.errors import PortalError

_Field = TypeVar("_Field", bound=forms.Field)
# Faults that a service explains to people.
EXPLAINED = (PortalError, ValidationError)


def explanation(error: PortalError | ValidationError) -> str:
    return error.message if isinstance(error, PortalError) else " ".join(error.messages)


@contextmanager
def faults_of(form: forms.BaseForm) -> Iterator[None]:
    """What a service refuses becomes the form's own fault: at the field that it names, else at its head."""
    try:
        yield
    except PortalError as error:
        form.add_error(None, error.message)
    except ValidationError as error:
        by_field = error.message_dict if hasattr(error, "error_dict") else {None: error.messages}
        for name, found in by_field.items():
            known = name in form.fields
            form.add_error(name if known else None, found if known or not name else [f"{name}: {m}" for m in found])


def field_of(form: forms.BaseForm, name: str, kind: type[_Field]) -> _Field:
    """A field of the form, for what only fields of that kind have. Raises TypeError when it is none."""
    found = form.fields[name]
    if not isinstance(found, kind):
        raise TypeError(f"{name} is no {kind.__name__}")
    return found


def page(
    model_admin: "ModelAdmin[Any]", route: str, view: Callable[..., HttpResponseBase], *, name: str, permission: str
) -> URLPattern:
    """A page beside a model's list and form, for `get_urls`: before those of super(), which take any other address.

    view: a function of (model_admin, request) and what the route holds. Whoever `has_<permission>_permission` of the
    admin does not let in gets 403.
    """

    def guarded(request: HttpRequest, **values: Any) -> HttpResponseBase:
        if not getattr(model_admin, f"has_{permission}_permission")(request):
            raise PermissionDenied
        return view(model_admin, request, **values)

    return path(route, model_admin.admin_site.admin_view(update_wrapper(guarded, view)), name=name)


def marked(text: str, *, variant: str = "warning") -> SafeString:
    """A word in the colour of a warning, among plain ones; the framework's own label marks every value."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "variant": variant})


def unbroken(text: str) -> SafeString:
    """A value that a narrow column must not break at its blanks."""
    return format_html('<span class="whitespace-nowrap">{}</span>', text)


def minute(moment: datetime | None) -> SafeString | str:
    """A time to the minute, UTC, in the order that everybody reads alike."""
    return unbroken(f"{moment:%Y-%m-%d %H:%M}") if moment else "–"


def take_over(shown: models.Model, saved: models.Model) -> None:
    """The instance that the admin goes on with gets the values that a service saved."""
    for field in saved._meta.concrete_fields:
        setattr(shown, field.attname, getattr(saved, field.attname))
    shown._state.adding = False


def ask(
    model_admin: Any,
    request: HttpRequest,
    *,
    title: str,
    button: str,
    back: str,
    form: forms.Form | None = None,
    text: str = "",
    items: Iterable = (),
    hidden: dict[str, str | list[str]] | None = None,
    danger: bool = False,
) -> TemplateResponse:
    """The page that asks before something is done. `hidden` is posted again; `back` is where Cancel leads."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "form": form,
        "text": text,
        "items": list(items),
        "hidden": [(name, v) for name, values in (hidden or {}).items() for v in _listed(values)],
        "button": button,
        "variant": "danger" if danger else "primary",
        "back": back,
    }
    return TemplateResponse(request, "admin/ask.html", context)


def _listed(values: str | list[str]) -> list[str]:
    return values if isinstance(values, list) else [values]
