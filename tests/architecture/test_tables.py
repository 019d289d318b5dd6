"""Tables are private to their module, and SQL is a constant with bound values."""

from tests.architecture.complaints import none_of
from tests.architecture.rules import dynamic_sql, tables
from tests.architecture.rules.source import Tree


def test_a_table_belongs_to_one_module(tree: Tree):
    none_of(tables.tables_are_private(tree))


def test_pages_hold_no_sql(tree: Tree):
    none_of(tables.pages_hold_no_sql(tree))


def test_sql_is_made_at_run_time_in_few_files_only(tree: Tree):
    none_of(dynamic_sql.dynamic_sql_in_few_files(tree))
