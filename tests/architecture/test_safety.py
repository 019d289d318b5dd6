"""No short cut that ends in an advisory, no personal data in a log, nothing of one machine in the repository."""

from tests.architecture.complaints import none_of
from tests.architecture.rules import portable, safety
from tests.architecture.rules.source import Tree


def test_no_raw_html_no_shell_no_eval_no_pickles_no_unchecked_certificates(tree: Tree):
    none_of(safety.no_short_cuts(tree))


def test_only_the_command_prints(tree: Tree):
    none_of(safety.print_in_the_command_only(tree))


def test_a_log_line_holds_opaque_ids_and_counts(tree: Tree):
    none_of(safety.logs_hold_no_personal_data(tree))


def test_what_is_tracked_names_no_registry_and_no_machine(tree: Tree):
    none_of(portable.tracked_files_are_portable(tree))
