"""The door of the operations: `POST /v3/operations/{sync|async|bulk}`, in JSON and in XML, with key or from a site."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import uuid4

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from cadenza.base import database, log, text
from cadenza.base.problem import Malformed, Problem, TooLarge, Unauthorised, Unavailable
from cadenza.connect.operations import bulk, service
from cadenza.connect.operations.admit import Caller, admit, may_call
from cadenza.connect.operations.exchange import Asked, answer_later, answer_now
from cadenza.connect.operations.read import read
from cadenza.connect.operations.spread import form
from cadenza.connect.operations.types import (
    BULK_IMPORT,
    Invalid,
    Operation,
    Point,
    Tree,
    UnknownOperation,
)
from cadenza.connect.operations.write import write

MOST_BYTES = 1 << 20
LONGEST_TRANSACTION = 255
LONGEST_DEVICE = 100
SHOWN_NAMES = 100
AWAY = (OperationalError, InterfaceError)
APPS = ("android-sdk", "ios-sdk")
MODES: dict[str, Callable[[Asked], Tree]] = {"sync": answer_now, "async": answer_later}


def door(request: HttpRequest, mode: str) -> HttpResponse:
    """Answer one call; whatever happens, in the vocabulary and the format of its caller."""
    point = None
    try:
        point = service.find_point(request.GET.get("endpointId", ""))
        if request.method == "OPTIONS":
            return _preflight(request, point)
        status, tree, retry = 200, _answer(request, mode, point), 0
    except Invalid as fault:
        status, tree, retry = 200, _invalid(fault), 0
    except Problem as refusal:
        status, tree, retry = refusal.status, _protocol(refusal), int(refusal.more.get("retry_after", 5))
    except AWAY:
        status, tree, retry = 503, _protocol(Unavailable("The database does not answer.")), 5
    except Exception as error:  # the last fence: no stack trace leaves, and it may be sent again
        log.get(__name__).error("operations.fault", error=type(error).__name__)
        status, tree, retry = 503, _protocol(Unavailable("This cannot be done now.")), 5
    return _response(request, point, status, tree, retry)


door.is_public = True  # type: ignore[attr-defined]
door.csrf_exempt = True  # type: ignore[attr-defined]


def _answer(request: HttpRequest, mode: str, point: Point | None) -> Tree:
    if request.method != "POST":
        raise _NotPost("Operations are called by POST.", hint="POST to /v3/operations/sync, async or bulk.")
    if mode not in (*MODES, "bulk"):
        raise Malformed("There is no such way to call.", at="path", hint="Use sync, async or bulk.")
    caller = _caller(request)
    refusal = admit(caller, point)
    if refusal or point is None:
        raise refusal or Unauthorised("There is no such endpointId.", at="endpointId")
    return _bulk(request, caller, point) if mode == "bulk" else _one(request, mode, caller, point)


class _NotPost(Malformed):
    status, title = 405, "Method not allowed"


def _caller(request: HttpRequest) -> Caller:
    """`Authorization: SecretKey <key>`, or as it was before `Mindbox secretKey="<key>"`; or a browser."""
    told = request.headers.get("Authorization", "").strip()
    scheme, _, rest = told.partition(" ")
    plain = rest.strip()
    if scheme.lower() == "mindbox":
        plain = plain.partition("=")[2].strip().strip('"') if plain.lower().startswith("secretkey") else ""
    elif scheme.lower() not in ("secretkey", "bearer"):
        plain = ""
    key = service.find_key(plain) if plain else None
    device = text.clean(request.GET.get("deviceUUID", "").strip(), LONGEST_DEVICE)
    return Caller(key, bool(told), request.headers.get("Origin", ""), device)


def _one(request: HttpRequest, mode: str, caller: Caller, point: Point) -> Tree:
    operation = _operation(request, caller, point)
    tree = read(_body(request, MOST_BYTES), _is_xml(request.headers.get("Content-Type", "")))
    node = tree.get("customer")
    has_ticket = isinstance(node, dict) and bool(node.get("authenticationTicket"))
    if refusal := may_call(caller, operation, has_ticket):
        raise refusal
    trusted = caller.key is not None
    return MODES[mode](
        Asked(
            point, operation, tree, caller.device, _is_app(request), _params(request) if trusted else {},
            _transaction(request), trusted,
            test=caller.key is not None and caller.key.kind == "test",
            ip=request.headers.get("X-Customer-IP") if trusted else None,
        )
    )  # fmt: skip


def _operation(request: HttpRequest, caller: Caller, point: Point) -> Operation:
    if found := service.operation_named(point.workspace, point.id, request.GET.get("operation", "")):
        return found
    if caller.key is None:  # a stranger is not told what there is to try
        raise UnknownOperation("There is no such operation.", at="operation")
    with database.scope(point.workspace):
        known = [one.name for one in service.operations(point.workspace, point.id) if one.enabled]
    hint = f"Known are: {', '.join(known[:SHOWN_NAMES])}."
    raise UnknownOperation("There is no such operation.", at="operation", hint=hint)


def _bulk(request: HttpRequest, caller: Caller, point: Point) -> Tree:
    if caller.key is None:
        raise Unauthorised("A bulk import needs a secret key.")
    if request.GET.get("operation") != BULK_IMPORT:
        raise UnknownOperation(
            "There is no such bulk operation.", at="operation", hint=f"Known is: {BULK_IMPORT}."
        )
    how = form(request.headers.get("Content-Type", ""), _params(request))
    body = _body(request, bulk.MOST_BYTES)
    if caller.key.kind == "test":
        return bulk.tried(point, body, how)
    return bulk.accept(point, body, how, _transaction(request))


def _transaction(request: HttpRequest) -> str | None:
    told = text.clean(request.GET.get("transactionId", "").strip(), LONGEST_TRANSACTION + 1)
    if len(told) > LONGEST_TRANSACTION:
        raise Malformed(f"A transactionId has at most {LONGEST_TRANSACTION} letters.", at="transactionId")
    return told or None


def _params(request: HttpRequest) -> dict[str, str]:
    return {name: text.clean(str(value), 200) for name, value in request.GET.items()}


def _body(request: HttpRequest, most: int) -> bytes:
    told = request.headers.get("Content-Length", "")
    body = b"" if told.isdecimal() and int(told) > most else request.read(most + 1)
    if len(body) > most or (told.isdecimal() and int(told) > most):
        raise TooLarge(f"A body here has at most {most} bytes.", at="body", hint="Send less at once.")
    return body


def _is_app(request: HttpRequest) -> bool:
    """SDKs for apps say what they are; all other devices are browsers."""
    return request.headers.get("Mindbox-Integration", "").lower() in APPS


def _is_xml(told: str) -> bool:
    return "xml" in told.lower()


def _invalid(fault: Invalid) -> Tree:
    told = [{"message": one.message, "location": one.location} for one in fault.messages]
    return {"status": "ValidationError", "validationMessages": told}


def _protocol(refusal: Problem) -> Tree:
    """`InternalServerError` tells a client to try again, `ProtocolError` that it must be mended first."""
    said = " ".join(part for part in (refusal.detail, refusal.hint) if part)
    return {
        "status": "InternalServerError" if refusal.status >= 500 else "ProtocolError",
        "errorMessage": f"{refusal.at}: {said}" if refusal.at else said,
        "errorId": str(uuid4()),
        "httpStatusCode": refusal.status,
    }


def _response(request: HttpRequest, point: Point | None, status: int, tree: Tree, retry: int) -> HttpResponse:
    accept = request.headers.get("Accept", "").lower()
    as_xml = _is_xml(accept) or ("json" not in accept and _is_xml(request.headers.get("Content-Type", "")))
    kind = "application/xml; charset=utf-8" if as_xml else "application/json; charset=utf-8"
    response = HttpResponse(write(tree, as_xml), status=status, content_type=kind)
    if status in (429, 503):
        response.headers["Retry-After"] = str(retry)
    if status == 405:
        response.headers["Allow"] = "POST, OPTIONS"
    if status == 401:
        response.headers["WWW-Authenticate"] = "SecretKey"
    return _opened(request, point, response)


def _opened(request: HttpRequest, point: Point | None, response: HttpResponse) -> HttpResponse:
    """Let the pages of an allowed site read the answer; no credentials travel."""
    origin = request.headers.get("Origin", "")
    response.headers["Vary"] = "Origin"
    if point and origin and origin.lower() in point.sites and urlsplit(origin).netloc:
        response.headers["Access-Control-Allow-Origin"] = origin
    return response


def _preflight(request: HttpRequest, point: Point | None) -> HttpResponse:
    response = _opened(request, point, HttpResponse(status=204))
    if "Access-Control-Allow-Origin" in response.headers:
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = "content-type,accept"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response


urls = [path("v3/operations/<str:mode>", door, name="operations-door")]
