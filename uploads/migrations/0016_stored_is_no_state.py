from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("uploads", "0015_words")]
    operations = [
        migrations.AddConstraint(
            "uploadlog",
            models.CheckConstraint(condition=~models.Q(status="stored"), name="stored_is_no_state"),
        )
    ]
