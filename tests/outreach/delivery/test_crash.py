"""`kill -9` at any moment mails nobody twice; who may have got a mail stands in doubt, everyone else gets theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cadenza.base import database
from cadenza.base.problem import Conflict
from cadenza.outreach.delivery import service
from cadenza.outreach.delivery.types import MessageState
from cadenza.trust.consent.types import State
from tests.outreach import shop

PEOPLE = 40
ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.fault


@pytest.mark.parametrize("moment", ["before", "after", "answered"])
def test_a_killed_sender_mails_nobody_twice(workspace, tmp_path, moment):
    server = tmp_path / "queue"
    server.touch()
    names = [f"p{number}" for number in range(PEOPLE)]
    shop.people(workspace, *names)
    shop.say(workspace, State.GIVEN, *(f"{name}@example.com" for name in names))
    with shop.channel(shop.Post()) as post:
        which = shop.campaign(workspace)
        shop.start(workspace, which)
        dead = subprocess.run(
            [sys.executable, "-m", "tests.outreach.delivery.doomed", moment, str(server)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60,
        )  # fmt: skip
        assert dead.returncode == -9
        taken = server.read_text().split()
        with shop.senders():
            shop.finish(workspace, which)
    mailed = taken + [outgoing.to.email for outgoing in post.sent]
    assert len(mailed) == len(set(mailed)), "somebody was mailed twice"
    with database.scope(workspace):
        counts = service.counts(workspace, which)
        doubtful = service.in_doubt(workspace, which)
    assert counts.audience == PEOPLE == counts.sent + len(doubtful)
    assert counts.of(MessageState.IN_DOUBT) == len(doubtful) <= 12
    missed = PEOPLE - len(mailed)
    assert 0 <= missed <= len(doubtful)
    if doubtful:
        _an_operator_resolves(workspace, which, doubtful[0])


def _an_operator_resolves(workspace, which, message) -> None:
    with database.scope(workspace):
        service.resolve(workspace, message.id, True, "user:1")
        with pytest.raises(Conflict):
            service.resolve(workspace, message.id, False, "user:1")
        assert service.attempts(workspace, message.id)[-1].outcome == "resolved"
