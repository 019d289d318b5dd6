"""No personal data without a category and without a way to export and erase it."""

from django.apps import apps

from cadenza.trust.privacy import service as privacy
from tests.architecture.complaints import none_of
from tests.architecture.rules.personal import personal_fields_have_a_category_and_a_share, vocabulary
from tests.architecture.rules.source import Tree


def test_every_personal_field_has_a_category_and_every_such_table_a_share(tree: Tree):
    ours = [model for model in apps.get_models() if model.__module__.startswith("cadenza.")]
    known = vocabulary(tree.root / "cadenza/trust/privacy/purposes.toml")
    covered = {table for share in privacy.shares() for table in share.tables}
    none_of(personal_fields_have_a_category_and_a_share(ours, known, covered))
