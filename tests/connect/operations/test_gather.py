"""The products that a request tells of: with an id, or a message that says where one is missing."""

import pytest

from cadenza.connect.operations.gather import gather


@pytest.mark.parametrize("id", ["", " ", "\x00", "\x00 \x00", True, [], {}, None])
def test_a_product_whose_id_says_nothing_is_told_and_never_passed_over(id):
    faults = []
    told = {"addProductToList": {"product": {"ids": {"website": id}}, "count": 1}}
    found = gather("add_to_list", told, faults)
    assert found.pieces == ()
    assert [one.location for one in faults]


def test_a_number_is_an_id():
    faults = []
    told = {"addProductToList": {"product": {"ids": {"website": 7}}, "count": 1}}
    assert [one.product for one in gather("add_to_list", told, faults).pieces] == ["7"]
    assert faults == []
