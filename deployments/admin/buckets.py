"""The admin's pages of buckets. What a page beside the form does stands in the module that is named here."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from amiportal.accounts.actor import actor_of
from amiportal.accounts.admin.mailing import bucket_addresses
from amiportal.core.admin_bases import PortalAdmin
from amiportal.core.adminkit import minute, take_over
from amiportal.objectstore.public_access import PublicAccess
from deployments import services
from deployments.admin import bucket_in_store
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
class BucketAdmin(PortalAdmin):
    form = BucketForm
    list_display = ["title", "name", "country_code", "shown_data_types", "in_store", "checked"]
    list_filter = [("is_test", BooleanRadioFilter), ("exists_in_store", BooleanRadioFilter)]
    list_filter_submit = True
    search_fields = ["name", "title", "country_code"]
    search_help_text = "Name, title or ISO code"
    readonly_fields = ["in_store", "checked", "shown_public_access", "store_error", "people_addresses"]
    revert_fields = ("title", "country_code", "data_types", "is_test")
    fieldsets = [
        (None, {"fields": [("title", "name"), ("country_code", "is_test"), "data_types"]}),
        ("What the store last said", {"fields": [("in_store", "checked"), "shown_public_access", "store_error"]}),
        ("Who may upload", {"fields": ["people_addresses"]}),
    ]
    add_fieldsets = fieldsets[:1]

    # --- Buttons and other pages: has_<permission>_permission decides who may open them ----------------------------

    actions_detail = ["open_in_store", "keep_versions"]
    open_in_store = action(
        bucket_in_store.open_in_store,
        description="Create or check in the store",
        icon="cloud_sync",
        permissions=["change"],
    )
    keep_versions = action(
        bucket_in_store.keep_versions, description="Keep older versions", icon="history", permissions=["change"]
    )

    # --- What is shown ----------------------------------------------------------------------------------------

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

    @display(description="Its people")
    def people_addresses(self, bucket: Bucket) -> SafeString | str:
        return bucket_addresses(bucket)

    # --- What is saved ----------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Bucket, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        if change:
            saved = services.update_bucket(actor=actor_of(request), bucket=obj, **changes)
        else:
            saved = services.create_bucket(actor=actor_of(request), **form.cleaned_data)
        take_over(obj, saved)

    def go_back(self, request: HttpRequest, obj: Bucket, values: dict, why: str) -> None:
        services.update_bucket(actor=actor_of(request), bucket=obj, why=why, **values)
