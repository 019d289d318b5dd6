"""Every file says why it is here, carries an honest name, and can be read in one sitting."""

from tests.architecture.complaints import none_of
from tests.architecture.rules import files
from tests.architecture.rules.source import Tree


def test_a_file_opens_with_a_sentence_that_says_why_it_is_here(tree: Tree):
    none_of(files.caption(tree))


def test_no_name_hides_behind_a_word_that_fits_everything(tree: Tree):
    none_of(files.honest_names(tree))


def test_a_function_fits_on_a_screen_and_half_of_them_in_eight_lines(tree: Tree):
    none_of(files.short_functions(tree))


def test_a_file_has_at_most_four_hundred_lines(tree: Tree):
    none_of(files.short_files(tree))
