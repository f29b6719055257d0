"""Every page of the admin: who may open it, what it costs, what it offers."""

import pytest
from django.contrib import admin
from django.urls import reverse

from amiportal.accounts.models import User
from amiportal.accounts.services.tokens import make_token
from amiportal.objectstore.models import StoreProbe
from deployments.models import Bucket, Deployment, HardwareConfig
from tests.people import make_deployment
from uploads.models import UploadFailure, UploadLog, UploadSession

pytestmark = pytest.mark.django_db
AT = "2026-05-01T00:00Z"
# Queries of one list with `ROWS` rows, session and account of the request among them: none may grow with the rows.
LIST_QUERIES = {
    Deployment: 10,
    Bucket: 7,
    HardwareConfig: 7,
    User: 12,
    UploadLog: 8,
    UploadSession: 6,
    UploadFailure: 5,
}
ROWS = 30


@pytest.fixture
def world(panama, colleague):
    """Some rows of everything."""
    for number in range(ROWS):
        deployment = make_deployment(f"dep{number + 100:06d}", panama, f"Place {number}")
        session = UploadSession.objects.create(
            account=colleague, deployment=deployment, data_type="snapshot_images", started_at=AT, last_seen_at=AT
        )
        UploadLog.objects.create(
            session=session,
            deployment=deployment,
            data_type="snapshot_images",
            filename="20240918032339-snapshot.jpg",
            status="granted",
            granted_at=AT,
            grant_expires_at=AT,
        )
        UploadFailure.objects.create(session=session, code="network", filename="20240918032339-snapshot.jpg")
    people = User.objects.bulk_create(User(username=f"person{number}") for number in range(ROWS))
    User.buckets.through.objects.bulk_create(User.buckets.through(user=person, bucket=panama) for person in people)
    for person in people:
        make_token(actor=None, user=person)
    HardwareConfig.objects.first().deployments.set(Deployment.objects.filter(bucket=panama))
    StoreProbe.objects.create(endpoint="http://127.0.0.1", bucket="x", record={})


def pages() -> list[tuple[str, type, bool]]:
    """(kind of page, model, needs an object) of all that is registered."""
    found = []
    for model, model_admin in admin.site._registry.items():
        info = f"{model._meta.app_label}_{model._meta.model_name}"
        found += [(f"{info}_changelist", model, False), (f"{info}_change", model, True)]
        if model._meta.app_label == "deployments":
            found += [(f"{info}_history", model, True), (f"{info}_add", model, False)]
        for detail in model_admin.actions_detail if hasattr(model_admin, "actions_detail") else ():
            for name in detail["items"] if isinstance(detail, dict) else [detail]:
                found.append((f"{info}_{name}", model, True))
    return [
        *found,
        ("deployments_deployment_import", Deployment, False),
        ("accounts_user_add", User, False),
        ("auth_user_password_change", User, True),
    ]


ALLOCATION = {"objectstore_allocation_changelist": ["/admin/objectstore/allocation/1/change/"]}


def url_of(name: str, model: type, needs_object: bool) -> str | None:
    if not needs_object:
        return reverse(f"admin:{name}")
    row = model._default_manager.exclude(is_superuser=True).last() if model is User else model._default_manager.last()
    return reverse(f"admin:{name}", args=[row.pk]) if row else None


@pytest.mark.parametrize("who", ["maintainer", "superuser"])
def test_every_page_opens_for_those_who_maintain(request, client, world, who):
    client.force_login(request.getfixturevalue(who))
    opened = 0
    for name, model, needs_object in pages():
        url = url_of(name, model, needs_object)
        if url is None:
            continue
        response = client.get(url, follow=True)
        assert response.status_code == 200, (url, response.status_code)
        # The allocation is one row, and its list leads to it.
        assert [to for to, _ in response.redirect_chain] == ALLOCATION.get(name, []), url
        opened += 1
    assert opened > 25
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("who", ["colleague", "script", "stranger"])
def test_no_page_opens_for_others(request, client, world, who):
    if who != "stranger":
        client.force_login(request.getfixturevalue(who))
    for name, model, needs_object in pages():
        url = url_of(name, model, needs_object)
        for response in (client.get(url), client.post(url)) if url else ():
            assert response.status_code in (302, 403), url
            assert response.status_code == 403 or "/admin/login/" in response["Location"]


@pytest.mark.parametrize("model", LIST_QUERIES, ids=lambda model: model.__name__)
def test_queries_of_the_lists(client, maintainer, world, django_assert_max_num_queries, model):
    client.force_login(maintainer)
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    client.get(url)  # content types and the like are remembered from here on
    with django_assert_max_num_queries(LIST_QUERIES[model]) as queries:
        assert client.get(url).status_code == 200
    counted = [q["sql"] for q in queries.captured_queries if "COUNT(" in q["sql"]]
    if model in (UploadLog, UploadSession, UploadFailure):
        assert counted == []


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (Deployment, "q=Place 3"),
        (Deployment, "status__exact=active&hardware_known=no&coordinates_known=no&camera_known=no&season_known=no"),
        (Bucket, "q=pan"),
        (User, "q=person"),
        (UploadLog, "q=20240918&status__exact=granted"),
        (UploadLog, "granted_at_from=2026-04-01&granted_at_to=2026-06-01"),
        (UploadSession, "q=colleague"),
        (UploadFailure, "q=20240918"),
    ],
)
def test_searches_and_filters(client, maintainer, world, model, query):
    client.force_login(maintainer)
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    response = client.get(f"{url}?{query}")
    assert response.status_code == 200
    assert "e=1" not in response.request["QUERY_STRING"]


def test_the_search_of_the_ledger_can_use_its_index(client, maintainer, world, django_assert_max_num_queries):
    client.force_login(maintainer)
    with django_assert_max_num_queries(20) as queries:
        client.get(reverse("admin:uploads_uploadlog_changelist") + "?q=2024")
    (search,) = [q["sql"] for q in queries.captured_queries if "2024" in q["sql"] and "uploads_uploadlog" in q["sql"]]
    assert "LIKE '2024%'" in search
    assert "UPPER" not in search


def test_days_of_the_ledger_are_whole(client, maintainer, world):
    client.force_login(maintainer)
    url = reverse("admin:uploads_uploadlog_changelist")
    for query, rows in (
        ("granted_at_from=2026-05-01&granted_at_to=2026-05-01", ROWS),
        ("granted_at_to=2026-04-30", 0),
        ("granted_at_from=2026-05-02", 0),
        ("granted_at_from=nonsense", ROWS),
    ):
        assert len(client.get(f"{url}?{query}").context["cl"].result_list) == rows, query


def test_groups_are_not_edited_and_deployments_not_deleted(client, superuser, ladera):
    client.force_login(superuser)
    assert client.get("/admin/auth/group/").status_code == 404
    for row in (ladera, ladera.bucket, superuser):
        info = f"{row._meta.app_label}_{row._meta.model_name}"
        assert client.post(reverse(f"admin:{info}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
        row.refresh_from_db()


@pytest.mark.parametrize("model", [UploadLog, UploadSession, UploadFailure], ids=lambda model: model.__name__)
def test_the_ledger_is_only_looked_at_by_superusers_too(client, superuser, world, model):
    client.force_login(superuser)
    info, row = f"uploads_{model._meta.model_name}", model.objects.last()
    before = list(model.objects.values())
    attempts = [
        client.get(reverse(f"admin:{info}_add")),
        client.post(reverse(f"admin:{info}_add"), {"filename": "x"}),
        client.post(reverse(f"admin:{info}_change", args=[row.pk]), {"filename": "x", "status": "verified"}),
        client.post(reverse(f"admin:{info}_delete", args=[row.pk]), {"post": "yes"}),
    ]
    assert [response.status_code for response in attempts] == [403] * 4
    bulk = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    client.post(reverse(f"admin:{info}_changelist"), bulk)
    assert list(model.objects.values()) == before


def test_the_ledger_is_never_counted_for_its_filters(client, maintainer, world, django_assert_max_num_queries):
    client.force_login(maintainer)
    with django_assert_max_num_queries(20) as queries:
        client.get(reverse("admin:uploads_uploadlog_changelist") + "?_facets=True")
    assert not [q for q in queries.captured_queries if "COUNT(" in q["sql"]]


def test_an_empty_list_offers_only_what_can_be_done(client, maintainer):
    client.force_login(maintainer)
    ledger = reverse("admin:uploads_uploadlog_changelist")
    assert "Nothing here yet" in client.get(ledger).text
    assert "Nothing matches" in client.get(ledger, {"q": "2025"}).text
    found = client.get(reverse("admin:deployments_deployment_changelist"), {"q": "no such place"}).text
    assert "Nothing matches" in found
    assert "Add the first" not in found
