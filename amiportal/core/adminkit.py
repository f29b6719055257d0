"""What the admin pages of all apps share: records that are only looked at, and pages that ask before they act."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from simple_history.admin import SimpleHistoryAdmin

from amiportal.core.errors import PortalError
from amiportal.core.history import Difference, Reader

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    class AdminPart(ModelAdmin[Any]):
        """What stands below a part of an admin page, for type checkers: the real base, unfold's, brings no types."""

        def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]: ...
else:
    AdminPart = object

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


class ReadOnly(AdminPart):
    """For records that a person may look at and nobody may change, whatever their permissions."""

    actions: Sequence[str] | None = None
    list_disable_select_all = True

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def render_change_form(self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any) -> HttpResponse:
        """Without the link to a history where there is none: what nobody changes has no versions."""
        return super().render_change_form(
            request, context | {"show_history": isinstance(self, SimpleHistoryAdmin)}, *args, **kwargs
        )


class NeverDeleted(AdminPart):
    """For records that other records speak of: changed, retired, never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class History(SimpleHistoryAdmin, AdminPart):
    """Who changed which field from what to what, when and why; and the way back to a version.

    Going back is a change like others: `go_back` calls the service, whose refusal is told. `revert_fields` are those
    that the service takes; the others follow from them, or never change.
    """

    object_history_template = "admin/history/list.html"
    version_template = "admin/history/version.html"
    history_list_per_page = 30
    revert_fields: tuple[str, ...] = ()

    def go_back(self, request: HttpRequest, obj: Any, values: dict, why: str) -> None:
        """Give `obj` the `values` that it had, by the service that makes every other change of them."""
        raise NotImplementedError

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj, versions = self._with_versions(request, object_id)
        page = Paginator(versions, self.history_list_per_page).get_page(request.GET.get(PAGE_VAR))
        first = page.start_index() - 1
        # One more than is shown: what the last one changed is told against it.
        told = Reader(self.model).told(versions[max(first, 0) : first + self.history_list_per_page + 1])
        context = {
            **self._history_context(request, obj),
            "title": f"History of {obj}",
            "page_obj": page,
            "told": told[: len(page.object_list)],
            "page_var": PAGE_VAR,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj, versions = self._with_versions(request, object_id)
        version = next(iter(versions.filter(pk=version_id)), None) if version_id.isdecimal() else None
        if version is None:
            raise Http404
        reader = Reader(self.model)
        now = obj if self._is_there(obj) else version
        rows = reader.compared(version, now)
        mutable = self.revert_fields if self._is_there(obj) and self.has_change_permission(request, obj) else ()
        differing = [row for row in rows if row.differs]
        revertible = [row for row in differing if row.name in mutable]
        if request.method == "POST":
            return self._go_back(request, obj, version, versions[0], revertible, reader)
        context = {
            **self._history_context(request, obj),
            "title": f"{obj}, version of {version.history_date:%Y-%m-%d %H:%M} UTC",
            "told": reader.told(versions.filter(history_date__lte=version.history_date, pk__lte=version.pk)[:2])[0],
            "is_newest": version == versions[0],
            "is_there": self._is_there(obj),
            "differing": differing,
            "equal": [row for row in rows if not row.differs],
            "revertible": {row.name for row in revertible},
            "newest": versions[0].pk,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.version_template, context)

    def _go_back(
        self, request: HttpRequest, obj: Any, version: Any, newest: Any, revertible: list[Difference], reader: Reader
    ) -> HttpResponse:
        here = request.path
        chosen = [row for row in revertible if row.name in request.POST.getlist("field")]
        if request.POST.get("newest") != str(newest.pk):
            messages.warning(request, "Somebody changed it while you looked. This is how it stands now.")
            return HttpResponseRedirect(here)
        if not chosen:
            messages.warning(request, "Choose at least one field that should go back.")
            return HttpResponseRedirect(here)
        if "apply" not in request.POST:
            return ask(
                self,
                request,
                title=f"{obj}: back to the version of {version.history_date:%Y-%m-%d %H:%M} UTC?",
                text="These fields change, all of them or none. It is a change like any other: the history keeps both.",
                items=[f"{row.label}: {row.after} → {row.before}" for row in chosen],
                hidden={"field": [row.name for row in chosen], "newest": str(newest.pk), "apply": "1"},
                button="Go back to this version",
                back=here,
            )
        why = f"Back to the version of {version.history_date:%Y-%m-%d %H:%M} UTC"
        try:
            self.go_back(request, obj, reader.restored(version, [row.name for row in chosen]), why)
        except EXPLAINED as error:
            messages.error(request, f"Nothing was changed. {explanation(error)}")
            return HttpResponseRedirect(here)
        except ObjectDoesNotExist:
            messages.error(request, "Nothing was changed. What this version speaks of is no longer there.")
            return HttpResponseRedirect(here)
        self.log_change(request, obj, why)
        messages.success(request, f"{why}. What was changed stands first in the history.")
        return HttpResponseRedirect(self._page(obj, "history"))

    def _with_versions(self, request: HttpRequest, object_id: str) -> tuple[Any, Any]:
        """The row, or what its last version said when it is gone, and its versions, newest first."""
        obj = self.get_object(request, unquote(object_id))
        try:
            versions = self.model.history.filter(**{self.opts.pk.attname: unquote(object_id)})
        except ValueError as error:  # no key of this model
            raise Http404 from error
        versions = versions.select_related("history_user").order_by("-history_date", "-history_id")
        if obj is None and (last := versions.first()):
            obj = last.instance
        if obj is None:
            raise Http404
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        return obj, versions

    def _is_there(self, obj: Any) -> bool:
        return not obj._state.adding

    def _history_context(self, request: HttpRequest, obj: Any) -> dict:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": obj,
            "object": obj,
            "history_url": self._page(obj, "history"),
            "change_url": self._page(obj, "change") if self._is_there(obj) else "",
        }

    def _page(self, obj: Any, name: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=[quote(obj.pk)])


class SavedByServices(AdminPart):
    """A form's save goes through a service; what the service still refuses (a race) is told, not a 500."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
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
