"""What each part of the site may load: nothing from outside anywhere, and eval only in the admin."""

import pytest
from django.conf import settings
from django.test import Client


def policy_at(path: str) -> dict[str, list[str]]:
    header = Client().get(path).headers["Content-Security-Policy"]
    return {name: values for name, *values in (part.split() for part in header.split("; "))}


@pytest.mark.parametrize("path", ["/healthz", "/accounts/login/", "/admin/login/", "/api/docs/", "/no-such-page"])
@pytest.mark.django_db
def test_nothing_from_outside(path):
    policy = policy_at(path)
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    outside = {value for values in policy.values() for value in values if "." in value or "*" in value}
    assert outside <= {settings.S3_PUBLIC_ENDPOINT_URL}


@pytest.mark.django_db
def test_pages_run_no_inline_code():
    policy = policy_at("/accounts/login/")
    assert policy["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert policy["style-src"] == ["'self'"]


@pytest.mark.django_db
def test_admin_may_evaluate_but_not_inline_scripts():
    assert policy_at("/admin/login/")["script-src"] == ["'self'", "'unsafe-eval'"]


@pytest.mark.django_db
def test_only_the_docs_have_an_inline_script():
    assert "'unsafe-inline'" in policy_at("/api/docs/")["script-src"]
