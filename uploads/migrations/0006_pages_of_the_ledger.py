"""Indexes for pages of the ledger, whatever is asked for."""

from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # uploads go on while the indexes of a large ledger are made

    dependencies = [
        ("deployments", "0005_name_of_id"),
        ("uploads", "0005_storage_days"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="uploadlog",
            index=models.Index(
                fields=["status", "id"], condition=~models.Q(status="granted"), name="ledger_by_state"
            ),
        ),
        AddIndexConcurrently(
            model_name="uploadlog",
            index=models.Index(fields=["status", "session", "id"], name="ledger_by_state_session"),
        ),
        AddIndexConcurrently(
            model_name="uploadlog",
            index=models.Index(fields=["session", "filename", "id"], name="ledger_by_session_name"),
        ),
    ]
