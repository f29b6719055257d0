from django.db import migrations, models
from django.db.models import F, Max


def begin_from_now(apps, schema_editor):
    """What was found and what failed until now has been mailed, or is old news."""
    apps.get_model("doctor", "Finding").objects.update(reported_state=F("state"))
    last = apps.get_model("uploads", "UploadFailure").objects.aggregate(last=Max("pk"))["last"]
    apps.get_model("doctor", "FailuresReported").objects.create(pk=1, last_failure_id=last or 0)


class Migration(migrations.Migration):
    dependencies = [("doctor", "0001_initial"), ("uploads", "0005_storage_days")]

    operations = [
        migrations.AddField(
            model_name="finding",
            name="is_certain",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="finding",
            name="reported_state",
            field=models.CharField(blank=True, db_default="", max_length=10),
        ),
        migrations.CreateModel(
            name="FailuresReported",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("last_failure_id", models.BigIntegerField(default=0)),
                ("told_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="one_failures_reported")],
            },
        ),
        migrations.RunPython(begin_from_now, migrations.RunPython.noop, elidable=True),
    ]
