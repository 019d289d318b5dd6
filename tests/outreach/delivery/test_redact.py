"""What servers say is kept without addresses."""

from cadenza.outreach.delivery.redact import redact


def test_addresses_and_controls_go():
    said = "550 5.1.1 <Ann.Oz+x@Exämple.com>: unknown\r\nuser (bob@example.com)"
    assert redact(said) == "550 5.1.1 <(address)>: unknown user ((address))"
    assert redact("x" * 900) == "x" * 500
