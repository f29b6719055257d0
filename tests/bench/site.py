"""What the benchmarks upload into: an account, a deployment, and a probed bucket with objects."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command

from amiportal.accounts.models import User
from amiportal.objectstore.buckets import ensure_bucket
from deployments.models import Bucket, Deployment
from tests.bench.yardstick import new_client


@dataclass(frozen=True)
class Place:
    username: str
    bucket: str
    deployment: str


def make(password: str) -> Place:
    bucket = Bucket.objects.create(name="bench", title="Bench")
    ensure_bucket(bucket.name, origins=settings.PORTAL_ORIGINS)
    call_command("probe_store", bucket.name, stdout=io.StringIO())
    user = User.objects.create_user(username="bench", password=password)
    user.buckets.add(bucket)
    deployment = Deployment.objects.create(
        deployment_id="dep000001", bucket=bucket, location_name="Bench", status="active"
    )
    return Place(user.username, bucket.name, deployment.deployment_id)


def store_objects(place: Place, names: list[str]) -> list[str]:
    """Small objects under these names; the names."""
    client = new_client()
    prefix = f"{place.deployment}/snapshot_images/"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: client.put_object(Bucket=place.bucket, Key=prefix + name, Body=b"x"), names))
    return names
