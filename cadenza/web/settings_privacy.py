"""The pages on which a shop decides about data: which purposes may use what, and what people agree to."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadenza.base.ids import WorkspaceId
from cadenza.base.problem import BadInput, NotFound, Problem
from cadenza.trust.accounts import service as accounts
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import TopicKind
from cadenza.trust.privacy import service as privacy
from cadenza.trust.privacy.types import ANY, Instruction, Purpose
from cadenza.web import wording
from cadenza.web.settings_pages import page

MOST_FIELDS = 8
PARTS = {"I": "Marketing", "II": "Recommendations and predictions", "III": "Your employees"}
TOPIC_KINDS = (
    {
        "value": "marketing",
        "label": "Marketing",
        "hint": "Nobody is written to without having agreed.",
        "icon": "megaphone",
    },
    {
        "value": "measurement",
        "label": "Measurement",
        "hint": "Nothing is counted without having agreed.",
        "icon": "chart-line",
    },
    {
        "value": "transactional",
        "label": "Service",
        "hint": "Receipts and the like: needs no consent.",
        "icon": "receipt",
    },
)


@require_safe
def purposes(request: HttpRequest) -> HttpResponse:
    """Every purpose of the agreement and what it may use here; searched as one types."""
    here, search = request.workspace.id, request.GET.get("q", "").strip().lower()  # type: ignore[attr-defined]
    rows = [_row(here, purpose) for purpose in privacy.purposes()]
    found = [row for row in rows if search in row["searched"]]
    groups = [(PARTS.get(part, part), list(group)) for part, group in groupby(found, key=_part)]
    context = {"groups": groups, "q": request.GET.get("q", ""), "instructions": _instructions(request)}
    return page(request, "purposes", "settings/purposes", context)


def _part(row: dict[str, Any]) -> str:
    return str(row["purpose"].id.partition(".")[0])


def _row(workspace: WorkspaceId, purpose: Purpose) -> dict[str, Any]:
    allowed = privacy.allowed(workspace, purpose.id)
    own = [_category(one) for one in purpose.categories]
    added = [_category(one) for one in sorted(allowed - set(purpose.categories))]
    words = [
        purpose.id,
        purpose.title,
        purpose.module,
        *(f"{one['title']} {one['key']}" for one in own + added),
    ]
    return {"purpose": purpose, "own": own, "added": added, "searched": " ".join(words).lower()}


def _category(key: str) -> dict[str, str]:
    plain = key.replace(".", "-").replace("_", "-")
    title = "All that you upload" if key == ANY else privacy.category_title(key)
    return {"key": key, "title": title, "dialog": f"withdraw-{plain}", "field": f"why-{plain}"}


def _instructions(request: HttpRequest, purpose: str = "") -> list[tuple[Instruction, str, str]]:
    """The decisions made here, newest first, with the title of the category and who made them."""
    here = request.workspace.id  # type: ignore[attr-defined]
    names = {f"user:{one.id}": one.get_full_name() for one in accounts.members(here)}
    found = [one for one in privacy.instructions(here) if purpose in ("", one.purpose)]
    return [(one, privacy.category_title(one.category), names.get(one.by, one.by)) for one in reversed(found)]


@require_http_methods(["GET", "POST"])
def purpose(request: HttpRequest, id: str) -> HttpResponse:
    """One purpose: its data, where we hold it, and the instructions that extend it."""
    here, problem = request.workspace.id, None  # type: ignore[attr-defined]
    found = next((one for one in privacy.purposes() if one.id == id), None)
    if not found:
        raise NotFound(f"There is no purpose {id}.", hint="They run from I.1 to III.4.")
    if request.method == "POST":
        try:
            return _instruct(request, found)
        except Problem as refusal:
            problem = refusal
    allowed, told = privacy.allowed(here, id), request.POST
    extending = told.get("action") != "withdraw"
    missing = sorted(privacy.vocabulary() - allowed, key=privacy.category_title) if ANY not in allowed else []
    held = _held()
    context = {
        "purpose": found, "number": f"Purpose {found.id}", "told": told if extending else {},
        "problem": problem if extending else None, "wrong": None if extending else problem,
        "choices": [("", "Choose…"), *((key, privacy.category_title(key)) for key in missing)],
        "covered": [(_category(key), held[key], key not in found.categories) for key in sorted(allowed)],
        "instructions": _instructions(request, id), "chosen": told.get("category") or request.GET.get("category", ""),
    }  # fmt: skip
    return page(request, "purposes", "settings/purpose", context, status=problem.status if problem else 200)


def _instruct(request: HttpRequest, purpose: Purpose) -> HttpResponse:
    told = request.POST
    decide = privacy.withdraw_extension if told.get("action") == "withdraw" else privacy.extend
    if not told.get("category"):
        raise BadInput(
            "Choose a kind of data.",
            at="category",
            hint="Only kinds that the purpose does not cover yet are listed.",
        )
    made = decide(request.workspace.id, purpose.id, told["category"], request.user.id, told.get("reason", ""))  # type: ignore[attr-defined, arg-type]
    messages.success(request, f"Instruction {made.number} is on record and holds from now on.")
    return HttpResponseRedirect(f"/settings/purposes/{purpose.id}/")


def _held() -> dict[str, list[str]]:
    """Category → the modules of ours that hold such data, each with its fields."""
    register = privacy.processing_register()
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in register.holdings:
        found[one.category][wording.humanised(one.place.rpartition("_")[0])].append(
            one.field.replace("_", " ")
        )
    for one in register.events:
        found[one.category]["Events"].append(one.place)
    return defaultdict(
        list, {key: [_listed(*held) for held in places.items()] for key, places in found.items()}
    )


def _listed(module: str, fields: list[str]) -> str:
    once = list(dict.fromkeys(fields))
    more = f" and {len(once) - MOST_FIELDS} more" if len(once) > MOST_FIELDS else ""
    return f"{module}: {', '.join(once[:MOST_FIELDS])}{more}"


@require_safe
def consents(request: HttpRequest, problem: Problem | None = None) -> HttpResponse:
    """What people can agree to, and the texts that they are shown."""
    here = request.workspace.id  # type: ignore[attr-defined]
    texts = [(versions[-1], versions) for versions in _versions(here)]
    context = {
        "topics": consent.topics(here),
        "kinds": TOPIC_KINDS,
        "texts": texts,
        "problem": problem,
        "told": request.POST,
    }
    return page(request, "consent", "settings/consent", context, status=problem.status if problem else 200)


def _versions(workspace: WorkspaceId) -> list[list[Any]]:
    found = consent.wordings(workspace)
    return [list(group) for _, group in groupby(found, key=lambda one: (one.key, one.language))]


@require_POST
def add_topic(request: HttpRequest) -> HttpResponse:
    """Something more that people can agree to."""
    told, here = request.POST, request.workspace.id  # type: ignore[attr-defined]
    try:
        key = told.get("key", "").strip()
        if key in {topic.key for topic in consent.topics(here)}:
            raise BadInput("There is a topic with this key already.", at="key", hint="Use another one.")
        if told.get("kind") not in set(TopicKind):
            raise BadInput("Choose what kind of topic this is.", at="kind")
        consent.add_topic(here, key, told.get("title", ""), TopicKind(told["kind"]))
    except Problem as refusal:
        return _again(request, refusal)
    messages.success(request, "The topic is there. People can agree to it from now on.")
    return HttpResponseRedirect("/settings/consent/")


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """A text that people are shown; a changed one is the next version, and the old ones stay."""
    told, here = request.POST, request.workspace.id  # type: ignore[attr-defined]
    try:
        made = consent.publish_wording(
            here,
            told.get("text_key", "").strip(),
            told.get("text", "").strip(),
            told.get("language", "").strip() or "en",
        )
    except Problem as refusal:
        refusal.at = "text_key" if refusal.at == "key" else refusal.at
        return _again(request, refusal)
    messages.success(request, f"Version {made.version} of {made.key} is on record.")
    return HttpResponseRedirect("/settings/consent/")


def _again(request: HttpRequest, problem: Problem) -> HttpResponse:
    request.method = "GET"
    return consents(request, problem)


urls = [
    path("settings/purposes/", purposes, name="purposes"),
    path("settings/purposes/<str:id>/", purpose, name="purpose"),
    path("settings/consent/", consents, name="consent"),
    path("settings/consent/topics", add_topic, name="consent-topic"),
    path("settings/consent/texts", publish, name="consent-text"),
]
