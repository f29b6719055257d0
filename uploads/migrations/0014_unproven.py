"""The ledger's state "stored" said less than the API's word of that name: it is "unproven" from now on.

Also where the word was kept beside the ledger: selections of exports, and what a changed file was before.
"""

from django.db import migrations, models

RENAME = """
UPDATE uploads_uploadlog SET status = '{new}' WHERE status = '{old}';
UPDATE uploads_drift SET status_before = '{new}' WHERE status_before = '{old}';
UPDATE uploads_export SET selection = jsonb_set(selection, '{{status}}', '"{new}"') WHERE selection->>'status' = '{old}';
"""
KEY = ["deployment", "data_type", "filename"]


def one_live_row(*, where_it_is: str) -> models.UniqueConstraint:
    condition = models.Q(status__in=["granted", "verified", where_it_is])
    return models.UniqueConstraint(condition=condition, fields=KEY, name="one_live_row_per_key")


class Migration(migrations.Migration):
    dependencies = [("uploads", "0013_lost_when_said")]
    operations = [
        migrations.RemoveConstraint("uploadlog", "one_live_row_per_key"),
        migrations.RunSQL(RENAME.format(old="stored", new="unproven"), RENAME.format(old="unproven", new="stored")),
        migrations.AddConstraint("uploadlog", one_live_row(where_it_is="unproven")),
    ]
