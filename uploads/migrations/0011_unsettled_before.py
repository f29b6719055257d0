"""Verdicts given while an old client's URL was alive: keys that may still be overwritten are unsettled from now on.

Those whose URLs are dead by now are compared once by `uploads.services.unsettled`.
"""

from django.db import migrations

# The grace is that of a slow PUT: see uploads.ledger.unsettled.
UNSETTLE = """
UPDATE uploads_uploadlog SET unsettled_until = grant_expires_at + interval '75 minutes'
WHERE md5 = '' AND grant_expires_at IS NOT NULL;

UPDATE uploads_uploadlog AS row
SET status = 'unsettled', error_code = 'unsettled', unsettled_until = open.until
FROM (
    SELECT deployment_id, data_type, filename, max(unsettled_until) AS until
    FROM uploads_uploadlog WHERE unsettled_until > now() GROUP BY deployment_id, data_type, filename
) AS open
WHERE row.deployment_id = open.deployment_id AND row.data_type = open.data_type AND row.filename = open.filename
  AND row.status IN ('verified', 'present');
"""


class Migration(migrations.Migration):
    dependencies = [("uploads", "0010_unsettled_keys")]
    operations = [migrations.RunSQL(UNSETTLE, migrations.RunSQL.noop)]
