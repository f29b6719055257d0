from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from deployments.domain.fields import given_but
from deployments.models import Deployment, HardwareConfig, Status
from deployments.services import active_twin


class DeploymentForm(forms.ModelForm):
    """The checks that services.create_deployment and update_deployment make, told at the form."""

    class Meta:
        model = Deployment
        fields = given_but("status")

    def _post_clean(self) -> None:
        """Name the deployment that is in the way; only now has the instance the values of the form."""
        super()._post_clean()  # type: ignore[misc]  # the stubs leave it out
        if self.instance.bucket_id and self.instance.status == Status.ACTIVE and (twin := active_twin(self.instance)):
            self.add_error(None, _in_the_way(twin))


def _in_the_way(twin: Deployment) -> SafeString:
    return format_html(
        '<a class="underline" href="{}">{}</a> is active with this bucket, place and camera. If its season is over, '
        'start <a class="underline" href="{}">its next season</a> instead, or retire it first.',
        reverse("admin:deployments_deployment_change", args=[twin.pk]),
        twin,
        reverse("admin:deployments_deployment_next_season", args=[twin.pk]),
    )


class _Insisting(forms.Form):
    """A form that ends a season. `insist` is asked only while it would cut somebody off, and never ticked before."""

    insist = forms.BooleanField(
        label="Retire anyway",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="An upload is under way. What is not sent by then is refused; what is stored stays.",
    )

    def __init__(self, *args: Any, under_way: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not under_way:
            del self.fields["insist"]
        else:
            self.fields["insist"] = self.fields.pop("insist")  # the last question


class RetireForm(_Insisting):
    reason = forms.CharField(
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept with the deployment: “Season over, system brought home”.",
    )


class ReactivateForm(forms.Form):
    reason = forms.CharField(
        label="Reason, if there is one to tell",
        required=False,
        max_length=80,  # with its beginning it fills a history row's reason
        widget=UnfoldAdminTextInputWidget(),
        help_text="Kept in the history: “Retired by mistake”.",
    )

    @property
    def why(self) -> str:
        """For the history."""
        reason = self.cleaned_data["reason"].strip()
        return f"Reactivated: {reason}" if reason else "Reactivated"


class SeasonForm(_Insisting):
    first_day = forms.DateField(
        label="First day of the new season", widget=UnfoldAdminTextInputWidget(attrs={"type": "date"})
    )
    last_day = forms.DateField(
        label="Last day, if known", required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"})
    )


class NextSeasonForm(SeasonForm):
    system_id = forms.CharField(label="System ID", required=False, max_length=60, widget=UnfoldAdminTextInputWidget())
    camera_id = forms.CharField(label="Camera ID", required=False, max_length=60, widget=UnfoldAdminTextInputWidget())
    hardware = forms.ModelChoiceField(
        HardwareConfig.objects.all(), required=False, empty_label="unknown", widget=UnfoldAdminSelectWidget()
    )

    @classmethod
    def for_deployment(cls, deployment: Deployment, data: QueryDict | None, *, under_way: bool) -> "NextSeasonForm":
        kept = {"system_id": deployment.system_id, "camera_id": deployment.camera_id, "hardware": deployment.hardware}
        return cls(data, initial=kept, under_way=under_way)
