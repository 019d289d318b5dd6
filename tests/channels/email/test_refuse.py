"""A server's words, sorted by who has to act."""

from __future__ import annotations

import pytest

from cadenza.channels.email.refuse import refuse
from cadenza.outreach.delivery.types import Fault


@pytest.mark.parametrize(
    ("code", "words", "to_receiver", "fault", "again"),
    [
        (550, "5.1.1 <x@y.example>: Recipient address rejected: User unknown", True, Fault.ADDRESS, False),
        (550, "5.1.10 RESOLVER.ADR.RecipientNotFound", True, Fault.ADDRESS, False),
        (553, "5.1.2 bad destination system", True, Fault.ADDRESS, False),
        (550, "No such user here", True, Fault.ADDRESS, False),
        (550, "Mailbox unavailable", True, Fault.ADDRESS, False),
        (550, "Rejected by policy", True, Fault.POLICY, False),
        (550, "5.7.26 This mail is unauthenticated", True, Fault.POLICY, False),
        (
            550,
            "5.7.515 Access denied, sending domain does not meet the required authentication level",
            False,
            Fault.POLICY,
            False,
        ),
        (421, "4.7.28 Our system has detected an unusual rate of mail", False, Fault.POLICY, True),
        (552, "5.2.2 The email account is over quota", True, Fault.MAILBOX, False),
        (452, "4.2.2 Mailbox full", True, Fault.MAILBOX, True),
        (451, "Greylisted, try again later", True, Fault.MAILBOX, True),
        (421, "Too many connections", False, Fault.CONNECTION, True),
        (535, "5.7.8 Error: authentication failed", False, Fault.SETTINGS, False),
        (530, "Must issue a STARTTLS command first", False, Fault.SETTINGS, False),
        (554, "5.6.0 Lone CR or LF in message", False, Fault.CONTENT, False),
        (552, "Message size exceeds fixed limit", False, Fault.CONTENT, False),
        (554, "Transaction failed: spam", False, Fault.POLICY, False),
        (503, "Bad sequence of commands", False, Fault.SETTINGS, False),
    ],
)
def test_a_refusal_says_whose_fault_it_is(
    code: int, words: str, to_receiver: bool, fault: Fault, again: bool
):
    refused = refuse(code, words, to_receiver)
    assert (refused.fault, refused.again) == (fault, again)
    assert refused.enhanced == (words.split()[0] if words[1] == "." else "")
