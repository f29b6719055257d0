"""What the admin pages of all apps share: records that are only looked at, and pages that ask before they act."""

from collections.abc import Iterable
from contextlib import contextmanager
from datetime import datetime

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from simple_history.admin import SimpleHistoryAdmin

from amiportal.errors import PortalError

# Faults that a service explains to people.
EXPLAINED = (PortalError, ValidationError)


def explanation(error: PortalError | ValidationError) -> str:
    return error.message if isinstance(error, PortalError) else " ".join(error.messages)


@contextmanager
def faults_of(form: forms.Form):
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


class ReadOnly:
    """For records that a person may look at and nobody may change, whatever their permissions."""

    actions = None
    list_disable_select_all = True

    def has_add_permission(self, request: HttpRequest, *_) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


class Kept:
    """For records that other records speak of: changed, retired, never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


class History(SimpleHistoryAdmin):
    """Who changed which field, to look at: going back is a change of its own, made in the form."""

    def revert_disabled(self, request: HttpRequest, obj=None) -> bool:
        return True

    def history_form_view(self, request: HttpRequest, object_id, version_id, extra_context=None) -> HttpResponse:
        if request.method == "POST":
            raise PermissionDenied
        return super().history_form_view(request, object_id, version_id, extra_context)


class SavedByServices:
    """A form's save goes through a service; what the service still refuses (a race) is told, not a 500."""

    def changeform_view(self, request: HttpRequest, object_id=None, form_url="", extra_context=None) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except EXPLAINED as error:
            messages.error(request, explanation(error))
            return HttpResponseRedirect(request.get_full_path())


def marked(text: str, *, variant: str = "warning") -> SafeString:
    """A word in the colour of a warning, among plain ones; the framework's own label marks every value."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "variant": variant})


def unbroken(text: str) -> SafeString:
    """A value that a narrow column must not break at its blanks."""
    return format_html('<span class="whitespace-nowrap">{}</span>', text)


def minute(moment: datetime | None) -> SafeString | str:
    """A time to the minute, UTC, in the order that everybody reads alike."""
    return unbroken(f"{moment:%Y-%m-%d %H:%M}") if moment else "–"


def take_over(shown, saved) -> None:
    """The instance that the admin goes on with gets the values that a service saved."""
    for field in saved._meta.concrete_fields:
        setattr(shown, field.attname, getattr(saved, field.attname))
    shown._state.adding = False


def ask(
    model_admin,
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
