"""The rule for personal fields is seen to fail, on models that hide what they hold."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.architecture.rules.personal import personal_fields_have_a_category_and_a_share as check
from tests.architecture.rules.personal import vocabulary

KNOWN = {"contact.email", "person.name"}


def model(*fields: str, personal: Any = None) -> Any:
    """A stand-in with what the rule reads of a Django model."""
    columns = [SimpleNamespace(name=field.removesuffix("_id"), attname=field) for field in fields]
    meta = SimpleNamespace(concrete_fields=columns, db_table="profiles_person")
    return type("Person", (), {"_meta": meta, **({} if personal is None else {"PERSONAL": personal})})


@pytest.mark.parametrize(
    ("broken", "covered", "complaint"),
    [
        (model("id", "email"), {"profiles_person"}, "holds email and says nothing of it. Add `PERSONAL"),
        (model("id", "profile_id"), {"profiles_person"}, "`{}` if it only points at a person"),
        (
            model("email", "first_name", personal={"email": "contact.email"}),
            {"profiles_person"},
            "`first_name` is personal",
        ),
        (model("email", personal={"email": "mail"}), {"profiles_person"}, "`mail` (email) is no category"),
        (model("id", personal={"email": "contact.email"}), {"profiles_person"}, "`email`, which is no field"),
        (model("profile_id", personal={}), set(), "no share covers `profiles_person`"),
    ],
)
def test_the_rule_sees_a_model_that_hides_personal_data(broken: Any, covered: set[str], complaint: str):
    said = check([broken], KNOWN, covered)
    assert any(complaint in line for line in said), said


def test_the_rule_lets_pass_what_says_what_it_holds():
    told = model("id", "profile_id", "email", personal={"email": "contact.email"})
    assert check([told, model("id", "sku")], KNOWN, {"profiles_person"}) == []


def test_the_vocabulary_is_what_purposes_name(tmp_path):
    file = tmp_path / "purposes.toml"
    file.write_text('[[purpose]]\nid = "I.1"\ncategories = ["person.name", "any"]\n')
    assert vocabulary(file) == {"person.name"}
