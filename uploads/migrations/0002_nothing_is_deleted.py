"""The ledger and its sessions are kept: the database itself refuses to delete from them."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_is_kept BEFORE DELETE ON uploads_uploadlog FOR EACH ROW EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER sessions_are_kept BEFORE DELETE ON uploads_uploadsession FOR EACH ROW EXECUTE FUNCTION refuse_delete();
"""
ALLOW = """
DROP TRIGGER ledger_is_kept ON uploads_uploadlog;
DROP TRIGGER sessions_are_kept ON uploads_uploadsession;
DROP FUNCTION refuse_delete();
"""


class Migration(migrations.Migration):
    dependencies = [("uploads", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
