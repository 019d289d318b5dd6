"""Row-level security for every table that belongs to a workspace: found by its column, protected at start.

A table that gains a `workspace_id` is protected by the next start without anyone remembering it.
"""

from __future__ import annotations

from django.db import connections

from cadenza.base import database
from cadenza.base.postgres.server import APP

POLICY = """
create policy workspace on {table} using (
  current_setting('cadenza.workspace') = '*'
  or workspace_id = nullif(current_setting('cadenza.workspace'), '*')::uuid
)
"""
UNPROTECTED = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relrowsecurity
  and exists (
    select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
  )
"""
GRANTS = (
    f"grant select, insert, update, delete on all tables in schema public to {APP}",
    f"grant usage, select on all sequences in schema public to {APP}",
    f"grant execute on all functions in schema public to {APP}",
)
EXEMPT = frozenset({"inbox_arrival", "accounts_membership"})  # read before the workspace is known


def unprotected() -> list[str]:
    """The tables of workspaces that are not protected yet."""
    return [name for (name,) in database.rows(UNPROTECTED) if name not in EXEMPT]


def protect() -> list[str]:
    """Protect what is not protected yet, and let the everyday role use all tables. Gives the tables it protected."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(UNPROTECTED)
        found = [name for (name,) in cursor.fetchall() if name not in EXEMPT]
        for name in found:
            table = connections["owner"].ops.quote_name(name)
            # sql: table and role names cannot be bound; the catalogue and this package name them
            cursor.execute(f"alter table {table} enable row level security")
            # sql: as above; it binds the tables' owner too, where one role of yours does everything
            cursor.execute(f"alter table {table} force row level security")
            cursor.execute(POLICY.format(table=table))  # sql: the name comes quoted from the catalogue
        if connections["default"].settings_dict["USER"] == APP:
            for grant in GRANTS:
                cursor.execute(grant)
        return found
