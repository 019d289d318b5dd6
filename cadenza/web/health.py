"""What a load balancer asks: does this process live, and does the installation do its work?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from cadenza.base import database, readiness
from cadenza.base.inbox import service as inbox
from cadenza.web.middleware import public


@public
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Whether this process answers and reaches its database, and what it was started in spite of."""
    database.rows("select 1")
    at_stake = inbox.degraded()
    return JsonResponse({"status": "degraded", "inbox": at_stake} if at_stake else {"status": "ok"})


@public
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Whether work gets done: each check with its age; 503 where one of them fails."""
    checks = readiness.look()
    fine = readiness.is_ready(checks)
    told = {
        "status": "ready" if fine else "not ready",
        "checks": {
            one.name: {"ok": one.is_ok, "detail": one.detail, "age_seconds": _rounded(one.age_seconds)}
            for one in checks
        },
    }
    return JsonResponse(told, status=200 if fine else 503, headers={} if fine else {"Retry-After": "5"})


def _rounded(age: float | None) -> float | None:
    return None if age is None else round(age, 1)


urls = [path("health/live", live, name="health"), path("health/ready", ready, name="health-ready")]
