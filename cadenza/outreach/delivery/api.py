"""Messages for programs: what a mail provider or a mailbox for bounces has heard of those that left."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from cadenza.base import clock
from cadenza.base.ids import MessageId
from cadenza.base.problem import BadInput
from cadenza.outreach.delivery import service
from cadenza.outreach.delivery.types import Answer, Fate

PREFIX = "/messages"
router = Router(tags=["Messages"])

FATES = {"delivered": Fate.DELIVERED, "bounced": Fate.BOUNCED, "complained": Fate.COMPLAINED}


class AnswerIn(Schema):
    """`message` is the id, or the whole Message-ID header of the mail; `at` now, unless said."""

    message: str
    answer: Literal["delivered", "bounced", "complained"]
    at: datetime | None = None


class AnswersIn(Schema):
    """Answers of the receiving side."""

    answers: list[AnswerIn]


@router.post("/answers")
def answer(request: HttpRequest, body: AnswersIn) -> dict[str, Any]:
    """Tell what became of messages after they left; who came back or complained is written to no more."""
    told = [
        Answer(_message(one.message, number), FATES[one.answer], _moment(one.at))
        for number, one in enumerate(body.answers)
    ]
    return {"known": service.answer(request.workspace, told), "told": len(told)}  # type: ignore[attr-defined]


def _moment(told: datetime | None) -> datetime:
    """Never later than now: clocks differ."""
    now = clock.now()
    return min(told if told.tzinfo else told.replace(tzinfo=UTC), now) if told else now


def _message(told: str, number: int) -> MessageId:
    try:
        return MessageId(UUID(told.strip().removeprefix("<").partition("@")[0]))
    except ValueError:
        raise BadInput(
            "This is not the id of a message.",
            at=f"answers.{number}.message",
            hint="Copy the Message-ID header of the mail.",
        ) from None
