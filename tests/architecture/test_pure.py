"""Verb files are pure: same arguments, same answer, on any machine and at any hour."""

from tests.architecture.complaints import none_of
from tests.architecture.rules import moment, pure
from tests.architecture.rules.source import Tree


def test_a_verb_file_touches_no_django_clock_chance_or_machine(tree: Tree):
    none_of(pure.pure_files_stay_pure(tree))


def test_a_verb_file_holds_its_verb(tree: Tree):
    none_of(pure.verb_file_holds_its_verb(tree))


def test_there_is_one_clock(tree: Tree):
    none_of(moment.one_clock(tree))


def test_sql_does_not_ask_what_time_it_is(tree: Tree):
    none_of(moment.no_clock_in_sql(tree))
