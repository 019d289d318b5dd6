"""The pages of templates: what there is, ready-made ones to begin from, and the editor with its live preview."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadenza.base.ids import ProfileId, TemplateId, WorkspaceId
from cadenza.base.problem import BadInput, NotFound, Problem
from cadenza.cdp.profiles import service as profiles
from cadenza.outreach.content import service as content
from cadenza.outreach.content.types import PURPOSE, TOPIC, Advice, Draft, Template, Variable
from cadenza.trust.consent import service as consent
from cadenza.trust.consent.types import OPEN_TRACKING
from cadenza.web.gloss import gloss
from cadenza.web.paper import blank, paper

PARTS = ("name", "subject", "preheader", "mjml", "text_override")
WIDTHS = (
    {"value": "desktop", "label": "Desktop", "icon": "monitor"},
    {"value": "phone", "label": "Phone", "icon": "smartphone"},
)
VIEWS = (("mail", "Mail"), ("text", "Plain text"))
PLACE = re.compile(r"^(mjml|text) line (\d+)$")
NAMES = {"mjml": "the mail", "text": "the plain text", "subject": "the subject", "preheader": "the preheader"}
FOUND_AT_ONCE = 8


@dataclass(frozen=True)
class Remark:
    """A refusal or a piece of advice as the editor shows it: `field` to go to, `line` in it (0 = none)."""

    detail: str
    hint: str
    field: str
    line: int
    way_out: str = ""

    @property
    def where(self) -> str:
        name = NAMES.get("text" if self.field == "text_override" else self.field, "")
        return f"Line {self.line} of {name}" if self.line > 1 or (self.line and name) else ""


def remark(said: Problem | Advice) -> Remark:
    """Where in the editor a refusal or an advice belongs."""
    at = said.at or ""
    found = PLACE.match(at)
    field = found[1] if found else at.removesuffix(" line 1")
    outside = getattr(said, "more", {}).get("outside")
    return Remark(
        said.detail,
        said.hint or "",
        "text_override" if field == "text" else field,
        int(found[2]) if found else 0,
        f"/settings/purposes/{PURPOSE}/" if outside else "",
    )


@require_safe
def templates(request: HttpRequest) -> HttpResponse:
    """What was written, last changed first, and what one may begin from."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    archived = request.GET.get("show") == "archived"
    found = content.all(workspace, archived=archived)
    labels = {one.path: one.label for one in content.variables(workspace)}
    away = len(found) if archived else len(content.all(workspace, archived=True))
    return render(
        request,
        "content/list.html",
        {
            "templates": [(one, gloss(one.subject, labels)) for one in found],
            "archived": archived,
            "away": away,
            "undo": _undo(workspace, request.GET.get("undo", "")),
            "starters": content.starters(),
            "shows": (
                {"value": "", "label": "In use", "href": "/templates/"},
                {"value": "archived", "label": "Archived", "href": "/templates/?show=archived"},
            ),
        },
    )


def _undo(workspace: WorkspaceId, told: str) -> Template | None:
    """The template that was put away a moment ago, so that it can be taken back."""
    try:
        found = content.one(workspace, TemplateId(UUID(told))) if told else None
    except (ValueError, NotFound):
        return None
    return found if found and found.archived_at else None


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """GET: the editor with a ready-made beginning. POST: the first version."""
    if request.method == "POST":
        return _save(request, None)
    return _editor(request, _beginning(request.GET.get("starter", "")))


def _beginning(key: str) -> Draft:
    found = next((one.draft for one in content.starters() if one.key == key), None)
    return found or Draft("", "", get_template("content/blank.mjml").render().strip() + "\n")


@require_http_methods(["GET", "POST"])
def template(request: HttpRequest, template: UUID) -> HttpResponse:
    """GET: the editor. POST: a new version."""
    id = TemplateId(template)
    if request.method == "POST":
        return _save(request, id)
    found = content.one(request.workspace.id, id)  # type: ignore[attr-defined]
    return _editor(request, found.draft, found)


def _save(request: HttpRequest, id: TemplateId | None) -> HttpResponse:
    workspace, draft = request.workspace.id, _draft(request)  # type: ignore[attr-defined]
    try:
        saved = content.save(workspace, draft, id, _seen(request) if id else None)
    except Problem as problem:
        return _refused(request, draft, id, problem)
    if "HX-Request" in request.headers and id:
        return _saved_in_place(request, saved)
    messages.success(request, "Saved." if id else "The template is made.")
    return _to(request, f"/templates/{saved.id}/")


def _refused(request: HttpRequest, draft: Draft, id: TemplateId | None, problem: Problem) -> HttpResponse:
    if "HX-Request" in request.headers:
        return render(
            request,
            "content/_verdict.html",
            {"problem": remark(problem), "tried": True},
            status=problem.status,
        )
    saved = content.one(request.workspace.id, id) if id else None  # type: ignore[attr-defined]
    return _editor(request, draft, saved, problem)


def _saved_in_place(request: HttpRequest, saved: Template) -> HttpResponse:
    advice = content.advise(saved.workspace, saved.draft)
    context = {"advice": [remark(one) for one in advice], "saved": saved, "fine": True}
    response = render(request, "content/_verdict.html", context)
    told = {"text": f"Saved as version {saved.version}.", "tone": "success"}
    response.headers["HX-Trigger"] = json.dumps({"toast": told})
    return response


def _to(request: HttpRequest, address: str) -> HttpResponse:
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def _draft(request: HttpRequest) -> Draft:
    told = {name: request.POST.get(name, "").replace("\r\n", "\n") for name in PARTS}
    return Draft(
        told["name"].strip(),
        told["subject"].strip(),
        told["mjml"],
        told["preheader"].strip(),
        told["text_override"] if told["text_override"].strip() else "",
        request.POST.get("topic") or TOPIC,
        "skip_missing" in request.POST,
    )


def _shown(request: HttpRequest) -> Draft:
    """The draft for looking at: what has no name or subject yet is shown all the same."""
    draft = _draft(request)
    return replace(draft, name=draft.name or "Untitled", subject=draft.subject or "(no subject)")


def _seen(request: HttpRequest) -> int | None:
    told = request.POST.get("seen", "")
    return int(told) if told.isdigit() and len(told) < 9 else None


def _editor(
    request: HttpRequest, draft: Draft, saved: Template | None = None, problem: Problem | None = None
) -> HttpResponse:
    workspace = request.workspace.id  # type: ignore[attr-defined]
    context = {
        "draft": draft,
        "saved": saved,
        "title": (saved.draft.name if saved else draft.name) or "New template",
        "action": f"/templates/{saved.id}/" if saved else "/templates/new/",
        "topics": [(one.key, one.title) for one in consent.topics(workspace) if one.key != OPEN_TRACKING],
        "groups": _groups(workspace),
        "widths": WIDTHS,
        "views": VIEWS,
        "problem": remark(problem) if problem else None,
        "tried": problem is not None,
    }
    return render(request, "content/editor.html", context, status=problem.status if problem else 200)


def _groups(workspace: WorkspaceId) -> list[tuple[str, list[tuple[Variable, str, bool]]]]:
    """The menu of variables: what stands for what, what clicking writes, and whether the purpose allows it."""
    allowed = {one.path for one in content.permitted(workspace)}
    shown = [(one, _written(one), one.path in allowed) for one in content.variables(workspace)]
    people = [row for row in shown if row[0].path.startswith("person.")]
    rest = [row for row in shown if not row[0].path.startswith("person.")]
    return [("The person", people), ("Shop, campaign and links", rest)]


def _written(variable: Variable) -> str:
    """Links and what is always known stand alone; what may be unknown of a person brings its way out."""
    if not variable.path.startswith("person.") or variable.path == "person.email":
        return f"{{{{ {variable.path} }}}}"
    return f'{{{{ {variable.path} | default: "" }}}}'


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Called by htmx as one writes: what is wrong or could be better, and how the mail would look in an inbox."""
    workspace, draft = request.workspace.id, _shown(request)  # type: ignore[attr-defined]
    try:
        profile = _profile(request)
        shown = content.preview(workspace, draft, profile)
    except Problem as problem:
        return render(request, "content/_verdict.html", {"problem": remark(problem)}, status=problem.status)
    context = {
        "shown": shown,
        "advice": [remark(one) for one in shown.advice],
        "as": profiles.one(workspace, profile) if profile else None,
        "fine": True,
    }
    return render(request, "content/_verdict.html", context)


@require_POST
def draft_paper(request: HttpRequest) -> HttpResponse:
    """The mail itself, into the frame of the editor. Saves nothing: the draft comes with the request."""
    try:
        shown = content.preview(request.workspace.id, _shown(request), _profile(request))  # type: ignore[attr-defined]
    except Problem as problem:
        return blank(request, problem)
    if shown.skipped:
        return blank(request, BadInput(shown.skipped.detail, hint="This person would be left out."))
    return paper(shown.html)


def _profile(request: HttpRequest) -> ProfileId | None:
    told = request.POST.get("profile") or request.GET.get("profile", "")
    if told and not (told.isdigit() and len(told) <= 18):
        raise BadInput("This is not a person.", at="profile", hint="Choose one from the search.")
    return ProfileId(int(told)) if told else None


@require_safe
def template_paper(request: HttpRequest, template: UUID) -> HttpResponse:
    """A saved template in its paper, for lists and for choosing."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    return _sample(request, content.one(workspace, TemplateId(template)).draft)


@require_safe
def starter_paper(request: HttpRequest, key: str) -> HttpResponse:
    """A ready-made template in its paper."""
    found = next((one for one in content.starters() if one.key == key), None)
    if not found:
        return blank(request, NotFound("There is no such beginning."))
    return _sample(request, found.draft)


def _sample(request: HttpRequest, draft: Draft) -> HttpResponse:
    try:
        return paper(content.preview(request.workspace.id, draft, _profile(request)).html)  # type: ignore[attr-defined]
    except Problem as problem:
        return blank(request, problem)


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Called by htmx: whom to preview as."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    search = request.GET.get("q", "").strip()
    found = profiles.page(workspace, search=search, kind="known", limit=FOUND_AT_ONCE).items
    return render(request, "content/_people.html", {"people": found, "q": search})


@require_POST
def duplicate(request: HttpRequest, template: UUID) -> HttpResponse:
    """A copy to change."""
    made = content.duplicate(request.workspace.id, TemplateId(template))  # type: ignore[attr-defined]
    messages.success(request, "This is the copy. The original stays as it is.")
    return HttpResponseRedirect(f"/templates/{made.id}/")


@require_POST
def archive(request: HttpRequest, template: UUID) -> HttpResponse:
    """Put it away, with a way back on the next page."""
    content.archive(request.workspace.id, TemplateId(template))  # type: ignore[attr-defined]
    return HttpResponseRedirect(f"/templates/?undo={template}")


@require_POST
def restore(request: HttpRequest, template: UUID) -> HttpResponse:
    """Take it back."""
    workspace = request.workspace.id  # type: ignore[attr-defined]
    content.restore(workspace, TemplateId(template))
    messages.success(request, format_html("“{}” is back.", content.one(workspace, TemplateId(template)).name))
    return HttpResponseRedirect("/templates/")


urls = [
    path("templates/", templates, name="templates"),
    path("templates/new/", new, name="template-new"),
    path("templates/preview", preview, name="template-preview"),
    path("templates/paper", draft_paper, name="template-draft-paper"),
    path("templates/people", people, name="template-people"),
    path("templates/starters/<slug:key>/paper", starter_paper, name="starter-paper"),
    path("templates/<uuid:template>/", template, name="template"),
    path("templates/<uuid:template>/paper", template_paper, name="template-paper"),
    path("templates/<uuid:template>/duplicate", duplicate, name="template-duplicate"),
    path("templates/<uuid:template>/archive", archive, name="template-archive"),
    path("templates/<uuid:template>/restore", restore, name="template-restore"),
]
