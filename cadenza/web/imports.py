"""The pages of imports: the history, a new file, what its columns mean, a trial, and how far it is."""

from __future__ import annotations

from typing import Any, cast, get_args
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadenza.base.ids import ImportId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict, NotFound, Problem
from cadenza.connect.imports import service as imports
from cadenza.connect.imports.types import KINDS, Fate, Fault, Run
from cadenza.web import import_mapping, import_words, paging
from cadenza.web.import_mapping import STEPS

PAGE, SHOWN_ERRORS = 30, 50
OVER = ("finished", "failed", "cancelled")
ACCEPTED = ".csv,.tsv,.txt,.parquet,.gz,.zst"
COUNTS = (
    ("created", "New", "plus"),
    ("updated", "Changed", "pencil"),
    ("merged", "Merged", "git-merge"),
    ("unchanged", "As before", "check"),
    ("invalid", "Rejected", "circle-x"),
    ("blocked", "Blocked", "ban"),
    ("unknown", "Nobody known", "user-x"),
    ("skipped", "Passed over", "minus"),
)


def _here(request: HttpRequest) -> WorkspaceId:
    return request.workspace.id  # type: ignore[attr-defined, no-any-return]


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Every import, the newest first."""
    after = paging.cursor(request.GET)
    found = imports.runs(_here(request), _cursor(after) if after else None, PAGE + 1)
    rows = found[:PAGE]
    previous, following = paging.steps(request.GET, str(rows[-1].id) if len(found) > PAGE else None)
    return render(request, "imports/list.html", {
        "rows": [(run, f"/imports/{run.id}/", import_words.kind_label(run.kind)) for run in rows], "previous": previous,
        "next": following, "busy": any(run.state in ("checking", "running") for run in rows),
    })  # fmt: skip


def _cursor(told: str) -> ImportId:
    try:
        return ImportId(UUID(told))
    except ValueError:
        raise BadInput(
            "This is not a cursor.", at="after", hint="Follow the links “Previous” and “Next”."
        ) from None


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose a file; POST stores it and leads on to its columns."""
    problem, kind = None, request.POST.get("kind", request.GET.get("kind", ""))
    if request.method == "POST":
        try:
            return HttpResponseRedirect(f"/imports/{_uploaded(request, kind).id}/")
        except Problem as refusal:
            refusal.at = "kind" if refusal.at == "kind" else "file"
            problem = refusal
    context = {"kinds": import_words.kind_options(), "kind": kind, "accepted": ACCEPTED,
               "problem": problem, "steps": STEPS}  # fmt: skip
    return render(request, "imports/new.html", context, status=problem.status if problem else 200)


def _uploaded(request: HttpRequest, kind: str) -> Run:
    file = request.FILES.get("file")
    if not file:
        raise BadInput("Choose a file first.", at="file", hint="CSV or Parquet, also packed as .gz or .zst.")
    if kind and kind not in KINDS:
        raise BadInput("There is no such kind of file.", at="kind", hint="Choose one of the list.")
    return imports.create(_here(request), cast(Any, file), file.name or "file", kind)


@require_safe
def run(request: HttpRequest, run: UUID) -> HttpResponse:
    """One import, at the step where it stands."""
    found = imports.progress(_here(request), ImportId(run))
    mapping = found.state == "uploaded" or (found.state == "ready" and "edit" in request.GET)
    return import_mapping.form(request, found) if mapping else _progress(request, found)


def _progress(request: HttpRequest, found: Run, template: str = "imports/run.html") -> HttpResponse:
    return render(request, template, _seen(_here(request), found))


def _seen(here: WorkspaceId, found: Run) -> dict[str, Any]:
    tried, over = found.state == "ready", found.state in OVER
    told = found.checked if tried else vars(found.counts)
    errors = _errors(here, found)
    return {
        "run": found,
        "kind": import_words.kind_label(found.kind),
        "steps": STEPS,
        "step": 3 if tried or found.state == "checking" else 4,
        "counts": [(label, told.get(name, 0), icon, name) for name, label, icon in COUNTS],
        "incomplete": told.get("incomplete", 0),
        "always": ("merged", "unchanged") if found.kind == "merges" else ("created", "updated", "invalid"),
        "rejected": sum(told.get(name, 0) for name in get_args(Fate)),
        "errors": [(one, [_reason(told) for told in one.reasons.split(" · ")]) for one in errors],
        "undoable": imports.undoable(here, found.id) if over else 0,
        "has_file": bool(errors) and imports.error_file(here, found.id) is not None,
        "over": over,
        "moves": found.state in ("checking", "running"),
    }


def _errors(here: WorkspaceId, found: Run) -> list[Fault]:
    faulty = found.counts.rejected + found.counts.incomplete
    shown = faulty and (found.state in OVER or found.state == "paused")
    return imports.errors(here, found.id, 0, SHOWN_ERRORS) if shown else []


def _reason(told: str) -> tuple[str, str]:
    """The column and what is wrong with it, from a reason as the importer writes it."""
    column, colon, why = told.partition(": ")
    return (column, why) if colon else ("", told)


@require_safe
def progress(request: HttpRequest, run: UUID) -> HttpResponse:
    """Polled by htmx while a worker is at it."""
    return _progress(request, imports.progress(_here(request), ImportId(run)), "imports/_run.html")


MOVES = {
    "start": imports.start,
    "try": imports.dry_run,
    "pause": imports.pause,
    "resume": imports.resume,
    "cancel": imports.cancel,
}


@require_POST
def move(request: HttpRequest, run: UUID, step: str) -> HttpResponse:
    """Start, try, pause, resume or cancel. Of two who press at once the second is told how it stands."""
    try:
        MOVES[step](_here(request), ImportId(run))
    except Conflict as refusal:
        messages.info(request, str(refusal))
    return HttpResponseRedirect(f"/imports/{run}/")


@require_POST
def undo(request: HttpRequest, run: UUID) -> HttpResponse:
    """Make two again of each who became one by this import."""
    done = imports.undo_merges(_here(request), ImportId(run), f"user:{request.user.id}")
    left = f" {done.left:,} could not be, and stay as they are." if done.left else ""
    messages.success(request, f"{done.undone:,} merges were taken back.{left}")
    return HttpResponseRedirect(f"/imports/{run}/")


@require_safe
def error_file(request: HttpRequest, run: UUID) -> FileResponse:
    """Every row with an error as it stood, with the reasons: to be mended and imported again."""
    here, found = _here(request), imports.progress(_here(request), ImportId(run))
    held = imports.error_file(here, found.id)
    if not held or not held.exists():
        raise NotFound(
            "There is no error file.", hint="Every row was fine, or the file was kept long enough."
        )
    name = f"errors-{found.file_name.split('.')[0]}.csv"
    return FileResponse(
        held.open("rb"), as_attachment=True, filename=name, content_type="text/csv; charset=utf-8"
    )


urls = [
    *import_mapping.urls,
    path("imports/", history, name="imports"),
    path("imports/new/", new, name="import-new"),
    path("imports/<uuid:run>/", run, name="import"),
    path("imports/<uuid:run>/progress", progress, name="import-progress"),
    path("imports/<uuid:run>/undo", undo, name="import-undo"),
    path("imports/<uuid:run>/errors.csv", error_file, name="import-errors"),
    *(path(f"imports/<uuid:run>/{step}", move, {"step": step}, name=f"import-{step}") for step in MOVES),
]
