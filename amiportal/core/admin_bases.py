"""The two bases of our admin classes. A class has one of them, no mixins of ours, and names all that its pages do."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from amiportal.core import history_pages
from amiportal.core.adminkit import EXPLAINED, explanation


class PortalAdmin(SimpleHistoryAdmin, ModelAdmin):
    """For records that maintainers change: with a history and a way back, and not deleted unless it says so.

    `save_model` calls a service; people alone are saved by Django's form. Going back to a version is a change like
    others: `go_back` calls the service, whose refusal is told. `revert_fields` are those that the service takes; the
    others follow from them, or never change. `is_deletable`: the database itself refuses it while others refer to it.
    """

    is_deletable = False
    revert_fields: tuple[str, ...] = ()

    def go_back(self, request: HttpRequest, obj: Any, values: dict, why: str) -> None:
        """Give `obj` the `values` that it had, by the service that makes every other change of them."""
        raise NotImplementedError

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_deletable and super().has_delete_permission(request, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What a service still refuses when a form is saved (a race) is told, not a 500."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except EXPLAINED as error:
            messages.error(request, explanation(error))
            return HttpResponseRedirect(request.get_full_path())

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """extra_context: the package's; nothing here gives one."""
        return history_pages.versions(self, request, object_id)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return history_pages.version(self, request, object_id, version_id)


class ReadOnlyAdmin(ModelAdmin):
    """For records that a person may look at and nobody may change, whatever their permissions."""

    actions: Sequence[Any] | None = None
    list_disable_select_all = True

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def render_change_form(self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any) -> HttpResponse:
        """Without the link to a history: what nobody changes has no versions."""
        return super().render_change_form(request, context | {"show_history": False}, *args, **kwargs)
