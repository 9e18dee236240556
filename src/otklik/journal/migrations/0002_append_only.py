"""Entries are only ever added; the feed reads them by the transaction that wrote them."""

from django.db import migrations

FORWARD = """
alter table journal_entry add column tx xid8 not null default pg_current_xact_id();
create index journal_entry_tx on journal_entry (tx);
create function journal_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the journal is append-only' using errcode = 'insufficient_privilege';
end $$;
create trigger journal_entry_stays before update or delete on journal_entry
  for each row execute function journal_is_append_only();
create trigger journal_entry_is_not_emptied before truncate on journal_entry
  for each statement execute function journal_is_append_only();
create trigger journal_config_stays before update or delete on journal_configversion
  for each row execute function journal_is_append_only();
"""
BACKWARD = """
drop trigger journal_config_stays on journal_configversion;
drop trigger journal_entry_is_not_emptied on journal_entry;
drop trigger journal_entry_stays on journal_entry;
drop function journal_is_append_only();
alter table journal_entry drop column tx;
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_journal")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
