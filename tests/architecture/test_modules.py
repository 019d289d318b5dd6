"""Calls go down, and modules meet only at their public files."""

from importlib.metadata import packages_distributions

from tests.architecture.complaints import none_of
from tests.architecture.rules import meeting
from tests.architecture.rules.declared import imports_are_declared
from tests.architecture.rules.floors import broken_contracts, pyproject
from tests.architecture.rules.source import Tree


def test_calls_go_down_and_every_floor_and_module_has_its_place(tree: Tree):
    none_of(broken_contracts(tree.root))


def test_the_contracts_are_exhaustive_so_that_a_new_module_must_be_placed(tree: Tree):
    contracts = pyproject(tree.root)["tool"]["importlinter"]["contracts"]
    layered = [contract for contract in contracts if contract["type"] == "layers"]
    assert {c for contract in layered for c in contract["containers"]} >= {
        "cadenza", "cadenza.trust", "cadenza.cdp", "cadenza.commerce", "cadenza.outreach", "cadenza.channels",
        "cadenza.connect", "cadenza.insight",
    }  # fmt: skip
    assert all(contract["exhaustive"] and "ignore_imports" not in contract for contract in layered)


def test_modules_meet_only_at_service_facts_port_and_types(tree: Tree):
    none_of(meeting.public_files_only(tree))


def test_a_service_takes_the_workspace_first(tree: Tree):
    none_of(meeting.workspace_first(tree))


def test_what_modules_hand_each_other_cannot_be_changed(tree: Tree):
    none_of(meeting.nouns_are_frozen(tree))


def test_only_schedulers_key_look_ups_and_the_pipeline_look_across_workspaces(tree: Tree):
    none_of(meeting.system_scope_is_rare(tree))


def test_what_is_imported_is_declared_and_does_not_come_along_by_luck(tree: Tree):
    none_of(imports_are_declared(tree, packages_distributions()))
