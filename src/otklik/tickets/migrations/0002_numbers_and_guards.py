"""One sequence for every number, and messages that keep their content."""

from django.db import migrations

FORWARD = """
create sequence ticket_number start 1001;
create function message_content_stays() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'messages are never deleted' using errcode = 'insufficient_privilege';
  end if;
  if new.redacted_at is not null and old.redacted_at is null then
    return new;
  end if;
  if (new.text, new.quoted, new.instructions, new.error_text, new.html, new.salt, new.ticket_id, new.created_at, new.side)
     is distinct from
     (old.text, old.quoted, old.instructions, old.error_text, old.html, old.salt, old.ticket_id, old.created_at, old.side)
     or (new.audience is distinct from old.audience and not (old.audience = 'waiting' and new.audience = 'public')) then
    raise exception 'the content of a message is never changed' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger tickets_message_stays before update or delete on tickets_message
  for each row execute function message_content_stays();
"""
BACKWARD = """
drop trigger tickets_message_stays on tickets_message;
drop function message_content_stays();
drop sequence ticket_number;
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_tickets")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
