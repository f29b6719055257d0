"""The sequence behind deployment ids, the seven hardware configurations, and the place for trials."""

from django.db import migrations

HARDWARE = [
    (1, "Actinic tube", "Logitech Brio", "LEDs", "none", ""),
    (2, "Actinic tube", "Logitech Brio", "LEDs", "SM4", "Argentina"),
    (3, "LepiLED", "Logitech Brio", "LEDs", "none", "AgZero+, Panama"),
    (4, "LepiLED", "Logitech Brio", "LEDs", "SM4 & SM4BAT", "Natural England"),
    (5, "LepiLED", "Logitech Brio", "PCB LED", "SM4 & SM4BAT", "Panama, Costa Rica, SWT"),
    (6, "LepiLED", "Logitech Brio", "PCB LED", "AudioMoth", "AgZero+ 2024"),
    (7, "LepiLED", "Logitech Brio", "PCB LED", "none", "UCL"),
]
TRIAL_DATA_TYPES = [
    "snapshot_images",
    "motion_images",
    "audible_recordings",
    "ultrasound_recordings",
    "terrestrial_recordings",
    "aquatic_recordings",
]


def load(apps, schema_editor):
    HardwareConfig = apps.get_model("deployments", "HardwareConfig")
    for number, attractant_light, camera, camera_lights, microphone, used_by in HARDWARE:
        HardwareConfig.objects.get_or_create(
            number=number,
            defaults={
                "attractant_light": attractant_light,
                "camera": camera,
                "camera_lights": camera_lights,
                "microphone": microphone,
                "used_by": used_by,
            },
        )
    Bucket = apps.get_model("deployments", "Bucket")
    trial, _ = Bucket.objects.get_or_create(
        name="test-upload", defaults={"title": "Test uploads", "is_test": True, "data_types": TRIAL_DATA_TYPES}
    )
    apps.get_model("deployments", "Deployment").objects.get_or_create(
        deployment_id="dep_test", defaults={"bucket": trial, "location_name": "Trial", "status": "active"}
    )


class Migration(migrations.Migration):
    dependencies = [("deployments", "0001_initial")]
    operations = [
        # Never goes back and is not rolled back with a transaction: an id given out once is not given again.
        migrations.RunSQL(
            "CREATE SEQUENCE deployment_number_seq AS bigint MINVALUE 1", "DROP SEQUENCE deployment_number_seq"
        ),
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
