from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from amiportal.accounts.actor import actor_of
from amiportal.accounts.admin.mailing import AddressesOfBucket
from amiportal.core.adminkit import (
    EXPLAINED,
    History,
    NeverDeleted,
    SavedByServices,
    ask,
    explanation,
    minute,
    take_over,
)
from amiportal.objectstore.public_access import PublicAccess
from deployments import services
from deployments.domain.names import DataType
from deployments.models import Bucket, station_data_types

_STORE_LABELS = {"ready": "success", "closed to pages": "warning", "missing": "danger", "fault": "danger"}


_PUBLIC_ACCESS: dict[str, str] = {
    PublicAccess.SHUT: "Shut: an object that its uploader marks as public is not given out.",
    PublicAccess.SHUT_TO_UPLOADS: "Shut, and uploads that ask for public access are refused (BlockPublicAcls). Ceph "
    "then refuses every upload: have BlockPublicAcls switched off there.",
    PublicAccess.OPEN: "Not shut yet: choose “Create or check in the store”.",
    PublicAccess.REFUSED: "The portal's key has no right to shut it: ask the store's operator.",
    PublicAccess.NO_CALL: "The store has no call to shut it.",
}


class BucketForm(forms.ModelForm):
    data_types = forms.MultipleChoiceField(
        choices=DataType.choices, initial=station_data_types, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = Bucket
        fields = ["name", "title", "country_code", "data_types", "is_test"]


@admin.register(Bucket)
class BucketAdmin(SavedByServices, NeverDeleted, History, AddressesOfBucket, ModelAdmin):
    form = BucketForm
    list_display = ["title", "name", "country_code", "shown_data_types", "in_store", "checked"]
    list_filter = [("is_test", BooleanRadioFilter), ("exists_in_store", BooleanRadioFilter)]
    list_filter_submit = True
    search_fields = ["name", "title", "country_code"]
    search_help_text = "Name, title or ISO code"
    actions_detail = ["open_in_store", "keep_versions"]
    readonly_fields = ["in_store", "checked", "shown_public_access", "store_error", "people_addresses"]
    revert_fields = ("title", "country_code", "data_types", "is_test")
    fieldsets = [
        (None, {"fields": [("title", "name"), ("country_code", "is_test"), "data_types"]}),
        ("What the store last said", {"fields": [("in_store", "checked"), "shown_public_access", "store_error"]}),
        ("Who may upload", {"fields": ["people_addresses"]}),
    ]
    add_fieldsets = fieldsets[:1]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, "name"] if obj else self.readonly_fields

    @display(description="In the store", label=_STORE_LABELS)
    def in_store(self, bucket: Bucket) -> str:
        if bucket.exists_in_store is None:
            return "fault" if bucket.store_error else "not asked yet"
        if not bucket.exists_in_store:
            return "missing"
        return "closed to pages" if bucket.cors_ok is False else "ready"

    @display(description="Public access")
    def shown_public_access(self, bucket: Bucket) -> str:
        return _PUBLIC_ACCESS.get(bucket.public_access, "not asked yet")

    @display(description="Checked (UTC)", ordering="checked_at")
    def checked(self, bucket: Bucket) -> str:
        return minute(bucket.checked_at)

    @display(description="Data types")
    def shown_data_types(self, bucket: Bucket) -> str:
        """Shortly: "snapshot, motion" says enough in a list."""
        return ", ".join(value.partition("_")[0] for value in bucket.data_types)

    def save_model(self, request: HttpRequest, obj: Bucket, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        if change:
            saved = services.update_bucket(actor=actor_of(request), bucket=obj, **changes)
        else:
            saved = services.create_bucket(actor=actor_of(request), **form.cleaned_data)
        take_over(obj, saved)

    def go_back(self, request: HttpRequest, obj: Bucket, values: dict, why: str) -> None:
        services.update_bucket(actor=actor_of(request), bucket=obj, why=why, **values)

    def has_open_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self.has_change_permission(request)

    @action(description="Create or check in the store", icon="cloud_sync", permissions=["open"])
    def open_in_store(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def open_it(bucket: Bucket) -> None:
            bucket = services.make_bucket_in_store(actor=actor_of(request), bucket=bucket)
            if bucket.store_error:
                messages.warning(request, bucket.store_error)
            else:
                messages.success(request, f"{bucket.name} is in the store and open to the upload page.")

        return self._asked_first(
            request,
            object_id,
            open_it,
            title="{bucket.title}: create or check in the store",
            text="If the store has no bucket “{bucket.name}” it is made. Where the store can, it is shut to the "
            "public and the upload page is let in (CORS). What it holds is not touched, nor are the CORS rules of "
            "other applications.",
            button="Create or check",
        )

    @action(description="Keep older versions", icon="history", permissions=["open"])
    def keep_versions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def keep(bucket: Bucket) -> None:
            services.keep_versions(actor=actor_of(request), bucket=bucket)
            self.log_change(request, bucket, "Older versions are kept in the store.")
            messages.success(request, f"{bucket.name} keeps older versions from now on.")

        return self._asked_first(
            request,
            object_id,
            keep,
            title="{bucket.title}: keep older versions",
            text="From now on the store keeps what is overwritten or deleted in “{bucket.name}”, so that it can "
            "be brought back. It takes room of the allocation until its operator removes it. What was overwritten "
            "before stays lost. Only the store's operator can switch it off.",
            button="Keep them",
        )

    def _asked_first(
        self, request: HttpRequest, object_id: str, do: Callable[[Bucket], None], *, title: str, text: str, button: str
    ) -> HttpResponse:
        """`do` on a POST, the question before it; title and text may name the {bucket}."""
        bucket = get_object_or_404(Bucket, pk=object_id)
        back = reverse("admin:deployments_bucket_change", args=[bucket.pk])
        if request.method != "POST":
            title, text = title.format(bucket=bucket), text.format(bucket=bucket)
            return ask(self, request, title=title, text=text, button=button, back=back)
        try:
            do(bucket)
        except EXPLAINED as error:
            messages.error(request, explanation(error))
        return HttpResponseRedirect(back)
