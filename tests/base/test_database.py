"""Row-level security holds, loudly."""

import pytest
from django.db import DatabaseError

from cadenza.base import database
from cadenza.trust.accounts import service as accounts


def test_a_table_of_a_workspace_cannot_be_read_without_a_scope(workspace):
    with pytest.raises(DatabaseError):
        database.rows("select * from accounts_apikey")


def test_a_workspace_never_sees_the_rows_of_another(workspace):
    with database.system_scope():
        other = accounts.create_workspace("Other shop")
    with database.scope(other.id):
        accounts.issue_key(other.id, "write", "Site")
        assert len(database.rows("select * from accounts_apikey")) == 1
    with database.scope(workspace):
        assert database.rows("select * from accounts_apikey") == []


def test_a_scope_cannot_write_into_another_workspace(workspace):
    with database.system_scope():
        other = accounts.create_workspace("Other shop")
    with pytest.raises(DatabaseError), database.scope(workspace):
        accounts.issue_key(other.id, "write", "Site")


def test_a_transaction_serves_one_workspace(workspace):
    with database.system_scope():
        other = accounts.create_workspace("Other shop")
    with pytest.raises(database.ScopeMixed), database.scope(workspace), database.scope(other.id):
        pass


def test_a_scope_inside_the_system_scope_sees_its_own_rows_only(workspace):
    with database.system_scope():
        with database.scope(workspace):
            accounts.issue_key(workspace, "write", "Site")
            assert len(database.rows("select 1 from accounts_apikey")) == 1
        assert len(database.rows("select 1 from accounts_apikey")) >= 1
