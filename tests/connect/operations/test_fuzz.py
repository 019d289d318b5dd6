"""Whatever is sent to the door, it answers in its vocabulary, and never with a fault."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cadenza.connect.operations.read import tidy
from tests.connect.operations.conftest import SITE, make
from tests.connect.operations.trees import TREES

STATUSES = {200, 400, 401, 403, 405, 413, 429}
WORDS = {"Success", "ValidationError", "ProtocolError"}
LOOSE = settings(max_examples=120, deadline=5000, suppress_health_check=list(HealthCheck))
OPERATIONS = st.sampled_from(
    "RegisterCustomer EditCustomer FillCustomerProfile AuthorizeCustomer CheckCustomer MergeCustomers SubscribeCustomer"
    " SubscriptionInFooter AutoConfirmEmail SetCart AddToCart RemoveFromCart SetProductCount CreateOrder ConfirmOrder"
    " CancelOrder OfflineOrder GetCustomerOrders ViewProduct".split()
)


def well_answered(answer) -> None:
    assert answer.status in STATUSES, answer.tree
    assert answer["status"] in WORDS


@pytest.fixture
def sites(workspace):
    return make(workspace), make(workspace, xml=True)


@LOOSE
@given(
    TREES,
    OPERATIONS,
    st.booleans(),
    st.sampled_from(["sync", "async", "bulk"]),
    st.booleans(),
    st.text(max_size=5),
)
def test_any_request_is_answered(sites, tree, operation, as_xml, mode, in_a_browser, transaction):
    shop = sites[as_xml]
    more = {"key": "", "origin": SITE, "device": "d-1"} if in_a_browser else {}
    well_answered(
        shop(
            operation,
            tidy(tree),
            mode=mode,
            transaction=transaction.encode("utf-8", "replace").decode(),
            **more,
        )
    )


@LOOSE
@given(
    st.binary(max_size=200),
    st.text(max_size=20),
    st.sampled_from(["text/csv", "application/json", "application/xml"]),
)
def test_any_bytes_are_answered(sites, told, name, form):
    name = name.encode("utf-8", "replace").decode() or "x"
    for mode, operation in (
        ("sync", "RegisterCustomer"),
        ("sync", f"{name}.x"),
        ("bulk", "DirectCrm.Customers.Import"),
    ):
        well_answered(
            sites[0](operation, raw=told, form=form, mode=mode, headers={"Accept": "application/json"})
        )
