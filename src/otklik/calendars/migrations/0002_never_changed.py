"""Versions are only ever added; of a holiday set only its confirmation may be written, once."""

from django.db import migrations

FORWARD = """
create function calendar_version_stays() returns trigger language plpgsql as $$
begin
  raise exception 'calendar versions are only ever added' using errcode = 'insufficient_privilege';
end $$;
create trigger calendar_version_stays before update or delete on calendars_calendarversion
  for each row execute function calendar_version_stays();

create function holiday_set_stays() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.confirmed_at is null
     and (to_jsonb(new) - 'confirmed_at' - 'confirmed_by') = (to_jsonb(old) - 'confirmed_at' - 'confirmed_by') then
    return new;
  end if;
  raise exception 'holiday sets are only ever added and confirmed' using errcode = 'insufficient_privilege';
end $$;
create trigger holiday_set_stays before update or delete on calendars_holidayset
  for each row execute function holiday_set_stays();
"""
BACKWARD = """
drop trigger holiday_set_stays on calendars_holidayset;
drop function holiday_set_stays();
drop trigger calendar_version_stays on calendars_calendarversion;
drop function calendar_version_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("calendars", "0001_calendars")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
