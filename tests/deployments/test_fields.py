"""A field of a deployment is written down once, and stands wherever people give or read it."""

import json

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db import models

from deployments import services
from deployments.admin.deployments import DeploymentAdmin
from deployments.admin.forms import DeploymentForm
from deployments.admin.guided_forms import PlaceStep
from deployments.api.serializers import DeploymentSerializer, DeploymentWriteSerializer, NextSeasonSerializer
from deployments.domain.fields import FIELDS, GIVEN, IN_TABLE, STAYING, TEXTS, WRITTEN_BY_PORTAL
from deployments.formats.geojson import feature
from deployments.formats.table import COLUMNS, Row
from deployments.models import Deployment

NAMES = [field.name for field in Deployment._meta.concrete_fields]


def test_each_field_of_the_model_is_given_by_people_or_written_by_the_portal():
    assert sorted(GIVEN + WRITTEN_BY_PORTAL) == sorted(NAMES)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_texts_are_those_of_the_model(field):
    is_text = isinstance(Deployment._meta.get_field(field.name), models.CharField) and field.name != "status"
    assert field.is_text == is_text


@pytest.mark.parametrize("name", GIVEN)
def test_each_given_field_stands_wherever_people_give_or_read_it(name):
    page = DeploymentAdmin(Deployment, admin.site)
    assert name in {"status", *DeploymentForm.base_fields}  # the status is changed by buttons of the page
    assert {name, f"shown_{name}"} & set(flatten_fieldsets(page.fieldsets))
    assert name in {"bucket", *PlaceStep.base_fields}  # the bucket is the step before
    assert name in DeploymentSerializer().fields
    assert name in DeploymentWriteSerializer().fields
    assert name in page.revert_fields
    if name in STAYING:
        assert name == "bucket" or name in NextSeasonSerializer().fields


def test_the_api_takes_no_other_fields():
    assert set(DeploymentWriteSerializer().fields) - {"insist"} == set(GIVEN)


def test_the_table_has_a_column_for_each_field_that_is_said_to_be_in_it():
    renamed = {"bucket": "country_code", "latitude": "lat", "longitude": "lon", "hardware": "hardware_id"}
    of_fields = {renamed.get(name, name) for name in IN_TABLE}
    # What the table has besides: titles and ids of before.
    assert of_fields | {"country", "location_id", "deployment_id"} == set(COLUMNS)
    of_rows = {"bucket": "bucket_name", "hardware": "hardware_number"}
    assert {of_rows.get(name, name) for name in IN_TABLE} <= set(Row.__dataclass_fields__)


def test_geojson_says_each_field(ladera):
    of_the_place = {"latitude", "longitude"}
    assert set(GIVEN) - of_the_place <= set(feature(ladera)["properties"])
    assert json.dumps(feature(ladera)["properties"])


def test_texts_are_tidied(maintainer, panama):

    given = {name: f" {name} " for name in TEXTS if name != "time_zone"}
    made = services.create_deployment(actor=maintainer, bucket=panama, time_zone=" America/Panama ", **given)
    assert [getattr(made, name) for name in given] == list(given)
    assert made.time_zone == "America/Panama"
