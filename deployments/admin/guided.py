"""New deployment, step by step: the bucket, what stands where and for whom, and a look at all of it.

Nothing is kept on the server between the steps: what was typed travels as hidden fields. So a form that is left takes
no id and leaves nothing behind, and several may be open at once.
"""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse

from amiportal.accounts.actor import actor_of
from amiportal.core.admin_bases import PortalAdmin
from amiportal.core.adminkit import EXPLAINED, faults_of
from amiportal.objectstore.capabilities import current_capabilities
from deployments import services
from deployments.admin.guided_forms import BucketStep, PlaceStep, typed
from deployments.admin.map_media import PlaceMap
from deployments.domain.countries import countries
from deployments.domain.names import DataType
from deployments.models import Bucket, Deployment

STEPS = {"bucket": "Bucket", "place": "Deployment", "review": "Review"}


def new_deployment(model_admin: PortalAdmin, request: HttpRequest) -> HttpResponse:
    """`go` names the step that is asked for, or "save"."""
    data: QueryDict = request.POST
    go = data.get("go", "bucket")
    if go == "bucket":
        return _step(model_admin, request, "bucket", typed(BucketStep(), data), data)
    bucket_form = BucketStep(data)
    if not bucket_form.is_valid() or bucket_form.chosen is None:
        return _step(model_admin, request, "bucket", bucket_form, data)
    data, bucket = bucket_form.filled(data), bucket_form.chosen
    if go == "place":
        return _step(model_admin, request, "place", typed(PlaceStep(bucket=bucket), data), data)
    form = PlaceStep(data, bucket=bucket)
    error = ""
    if form.is_valid() and go == "save":
        try:
            return _save(request, bucket, form)
        except services.BucketNotMade as fault:
            error = fault.message
        except EXPLAINED as fault:
            with faults_of(form):
                raise fault
    if not form.is_valid():
        return _step(model_admin, request, "place", form, data)
    return _step(model_admin, request, "review", form, data, error)


def _save(request: HttpRequest, bucket: Bucket, form: PlaceStep) -> HttpResponse:
    made_in_store = not bucket.exists_in_store
    deployment = services.set_up_deployment(actor=actor_of(request), bucket=bucket, **form.cleaned_data)
    told = [f"{deployment.deployment_id} is made."]
    if made_in_store:
        told.append(f"The store has the bucket {bucket.name}.")
    if people := len(form.cleaned_data["uploaders"]):
        told.append(f"{people} {'person' if people == 1 else 'people'} more may upload into it.")
    messages.success(request, " ".join(told))
    if deployment.bucket.store_error:
        messages.warning(request, deployment.bucket.store_error)
    return HttpResponseRedirect(reverse("admin:deployments_deployment_change", args=[deployment.pk]))


def _step(
    model_admin: PortalAdmin,
    request: HttpRequest,
    step: str,
    form: BucketStep | PlaceStep,
    data: QueryDict,
    error: str = "",
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "New deployment",
        "opts": model_admin.opts,
        "steps": [(name, title, name == step) for name, title in STEPS.items()],
        "step": step,
        "form": form,
        "error": error,
        "hidden": _carried(data, form.fields if step != "review" else ()),
        "back": reverse("admin:deployments_deployment_changelist"),
        "countries": sorted(country.name for country in countries().values()),
    }
    if isinstance(form, PlaceStep):
        context |= {"bucket": form.bucket, "bucket_notes": _bucket_notes(form.bucket)}
        if step == "place":
            context["media"] = form.media + PlaceMap()
            context["country"] = countries().get(form.bucket.country_code)
        else:
            context["sections"] = _sections(form)
    return TemplateResponse(request, "admin/deployments/guided.html", context)


def _carried(data: QueryDict, shown: Iterable[str]) -> list[tuple[str, str]]:
    """What the steps that are not shown hold, to be posted again."""
    known = {*BucketStep.base_fields, *PlaceStep.base_fields} - set(shown)
    return [(name, value) for name, values in data.lists() if name in known for value in values]


def _bucket_notes(bucket: Bucket) -> list[str]:
    """What saving does to the bucket in the store."""
    if bucket.exists_in_store:
        return []
    notes = ["The store does not have it yet: it is made when you save, and the upload page is let in (CORS)."]
    capabilities = current_capabilities()
    if capabilities.honours_bucket_encryption:
        notes.append("While it is empty it is encrypted by the store, which was seen to honour that.")
    elif capabilities.probed_at is None:
        notes.append("It is not encrypted: the store was never probed for that.")
    else:
        notes.append("It is not encrypted: by its last probe the store does not honour that.")
    return notes


def _sections(form: PlaceStep) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(step, title, rows) of the review. The deployment is not saved, and has no id."""
    deployment: Deployment = form.instance
    bucket = form.bucket
    zone = deployment.time_zone or "not known"
    labels = dict(DataType.choices)
    return [
        (
            "bucket",
            "Bucket" if bucket.pk else "New bucket",
            [
                ("Title", bucket.title),
                ("Name in the store", bucket.name),
                ("ISO country code", _country(bucket.country_code)),
                ("What may be uploaded", ", ".join(str(labels[value]) for value in bucket.data_types)),
                *([("For trials", "yes")] if bucket.is_test else []),
            ],
        ),
        (
            "place",
            "Place",
            [
                ("Place", deployment.location_name),
                ("Coordinates", _coordinates(deployment)),
                ("Time zone", f"{zone} (it follows from the place: look whether it is right)")
                if form.zone_is_suggested
                else ("Time zone", zone),
            ],
        ),
        (
            "place",
            "System",
            [
                ("System ID", deployment.system_id or "not known"),
                ("Camera ID", deployment.camera_id or "not known"),
                ("Hardware", str(deployment.hardware or "not known")),
            ],
        ),
        (
            "place",
            "Season",
            [
                ("Status", "active: it takes uploads at once" if deployment.is_active else "inactive"),
                ("First and last day", deployment.season or "not known"),
            ],
        ),
        (
            "place",
            "Who may upload",
            [
                ("Already", ", ".join(map(str, form.may_upload)) or "nobody but maintainers"),
                ("From now on, too", ", ".join(map(str, form.cleaned_data["uploaders"])) or "nobody"),
            ],
        ),
    ]


def _country(code: str) -> str:
    return f"{code} ({countries()[code].name})" if code in countries() else code or "none"


def _coordinates(deployment: Deployment) -> str:
    return "not known" if deployment.latitude is None else f"{deployment.latitude}, {deployment.longitude}"
