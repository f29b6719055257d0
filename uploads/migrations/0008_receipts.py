"""Receipts have a key of their own. That of the receipts until now was derived from SECRET_KEY, which may change from now
on: the public half is kept here, once, where any receipt can have been signed.
"""

import base64
import hashlib
import hmac

import django.db.models.deletion
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

KEEP = """
CREATE TRIGGER receipt_keys_are_kept BEFORE DELETE ON uploads_receiptkey FOR EACH ROW EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER given_verdicts_are_kept BEFORE DELETE ON uploads_givenverdict
    FOR EACH ROW EXECUTE FUNCTION refuse_delete();
"""
LET_GO = """
DROP TRIGGER receipt_keys_are_kept ON uploads_receiptkey;
DROP TRIGGER given_verdicts_are_kept ON uploads_givenverdict;
"""


def keep_first_key(apps, schema_editor):
    finished = apps.get_model("uploads", "UploadSession").objects.filter(finished_at__isnull=False)
    first = finished.order_by("finished_at").values_list("finished_at", flat=True).first()
    if first is None:
        return
    seed = hmac.digest(settings.SECRET_KEY.encode(), b"receipts, version 1", hashlib.sha256)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    apps.get_model("uploads", "ReceiptKey").objects.create(
        key_id=hashlib.sha256(public).hexdigest()[:16],
        public_key=base64.b64encode(public).decode(),
        receipt_version=1,
        first_used_at=first,
        last_used_at=max(first, timezone.now()),
    )


class Migration(migrations.Migration):

    dependencies = [
        ('uploads', '0007_exports'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReceiptKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key_id', models.CharField(help_text="The first 16 hex digits of the key's SHA-256.", max_length=16, unique=True)),
                ('public_key', models.CharField(help_text='Ed25519, 32 bytes in base64.', max_length=44, unique=True)),
                ('receipt_version', models.PositiveSmallIntegerField(help_text='Of the receipts that it signed; it vouches for no others.')),
                ('first_used_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-last_used_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('last_used_at__gte', models.F('first_used_at'))), name='receipt_key_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='GivenVerdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('how', models.CharField(choices=[('finish', 'at the end of the upload'), ('receipt', 'signed receipt')], max_length=10)),
                ('given_at', models.DateTimeField()),
                ('last_given_at', models.DateTimeField()),
                ('safe_to_wipe', models.BooleanField()),
                ('files', models.PositiveIntegerField(help_text='That the session has rows of.')),
                ('verified', models.PositiveIntegerField()),
                ('stored_before', models.PositiveIntegerField()),
                ('unproven', models.PositiveIntegerField()),
                ('unsettled', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('files_sha256', models.CharField(blank=True, help_text="Of a signed receipt's list of files.", max_length=64)),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='given_verdicts', to='uploads.uploadsession')),
                ('key', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='uploads.receiptkey')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('files_sha256', ''), ('how', 'finish'), ('key__isnull', True)), models.Q(('how', 'receipt'), ('key__isnull', False), models.Q(('files_sha256', ''), _negated=True)), _connector='OR'), name='signed_receipt_has_key_and_list')],
            },
        ),
        migrations.RunSQL(KEEP, LET_GO),
        migrations.RunPython(keep_first_key, migrations.RunPython.noop),
    ]
