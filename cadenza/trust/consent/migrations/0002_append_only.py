"""The ledger refuses to be changed: by the database itself, so that no code path can forget it."""

from django.db import migrations

FORBID = """
create function consent_entry_stays() returns trigger language plpgsql as $$
begin
  if current_setting('cadenza.erasing', true) = 'on' then
    return case tg_op when 'DELETE' then old else new end;
  end if;
  raise exception 'The consent ledger is append-only: % refused.', lower(tg_op)
    using errcode = 'restrict_violation', hint = 'Record a new statement; only the erasure of a person may remove lines.';
end $$;
create trigger consent_entry_stays before update or delete on consent_entry
  for each row execute function consent_entry_stays();

create function consent_entry_is_not_emptied() returns trigger language plpgsql as $$
begin
  raise exception 'The consent ledger is append-only: truncate refused.' using errcode = 'restrict_violation';
end $$;
create trigger consent_entry_is_not_emptied before truncate on consent_entry
  for each statement execute function consent_entry_is_not_emptied();
"""
ALLOW = """
drop trigger consent_entry_is_not_emptied on consent_entry;
drop function consent_entry_is_not_emptied();
drop trigger consent_entry_stays on consent_entry;
drop function consent_entry_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]
    operations = [migrations.RunSQL(FORBID, ALLOW)]
