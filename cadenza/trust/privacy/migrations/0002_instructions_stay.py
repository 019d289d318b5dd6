"""Instructions refuse to be changed or deleted: by the database itself."""

from django.db import migrations

FORBID = """
create function privacy_instruction_stays() returns trigger language plpgsql as $$
begin
  raise exception 'Instructions are append-only: % refused.', lower(tg_op)
    using errcode = 'restrict_violation', hint = 'Record a new instruction.';
end $$;
create trigger privacy_instruction_stays before update or delete on privacy_instruction
  for each row execute function privacy_instruction_stays();
"""
ALLOW = """
drop trigger privacy_instruction_stays on privacy_instruction;
drop function privacy_instruction_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_initial")]
    operations = [migrations.RunSQL(FORBID, ALLOW)]
