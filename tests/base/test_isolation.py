"""A table of a workspace is protected by the next start, and the everyday role cannot step around it."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connections

from cadenza.base import database, isolation
from cadenza.base.ids import new_id


@pytest.fixture
def table(engines):
    name = f"t{new_id().hex}"
    with connections["owner"].cursor() as owner:
        owner.execute(f"create table {name} (id int, workspace_id uuid)")
        yield name
        owner.execute(f"drop table {name}")


def test_a_new_table_is_protected_by_the_next_start(workspace, table):
    assert isolation.unprotected() == [table]
    assert isolation.protect() == [table]
    assert isolation.unprotected() == [] == isolation.protect()
    with pytest.raises(DatabaseError):
        database.rows(f"select * from {table}")
    with database.scope(workspace):
        database.execute(f"insert into {table} values (1, %s)", [workspace])
        assert database.rows(f"select id from {table}") == [(1,)]
    with pytest.raises(DatabaseError), database.scope(workspace):
        database.execute(f"insert into {table} values (1, %s)", [new_id()])
    with database.scope(new_id()):
        assert database.rows(f"select id from {table}") == []


def test_it_binds_the_owner_of_the_tables_too(workspace):
    found = database.rows("select relname from pg_class where relrowsecurity and not relforcerowsecurity")
    assert found == []


def test_the_everyday_role_cannot_step_around_it(engines):
    role = database.rows(
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user"
    )
    assert role == [(False, False, False, False)]
    assert database.rows("select tablename from pg_tables where tableowner = current_user") == []
    with pytest.raises(DatabaseError):
        database.execute("alter table accounts_apikey disable row level security")


def test_a_connection_that_is_used_again_sees_nothing_of_before(workspace):
    with database.scope(workspace):
        assert database.rows("select current_setting('cadenza.workspace')") == [(str(workspace),)]
    with pytest.raises(DatabaseError):
        database.rows("select * from accounts_apikey")
