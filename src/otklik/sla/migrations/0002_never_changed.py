"""Versions of agreements and their targets are only ever added."""

from django.db import migrations

FORWARD = """
create function agreement_version_stays() returns trigger language plpgsql as $$
begin
  raise exception 'versions of agreements are only ever added' using errcode = 'insufficient_privilege';
end $$;
create trigger agreement_version_stays before update or delete on sla_agreementversion
  for each row execute function agreement_version_stays();
create trigger target_stays before update or delete on sla_target
  for each row execute function agreement_version_stays();
"""
BACKWARD = """
drop trigger target_stays on sla_target;
drop trigger agreement_version_stays on sla_agreementversion;
drop function agreement_version_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("sla", "0001_agreements_and_clocks")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
