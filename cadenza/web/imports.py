"""The pages of imports: the history, a new file, what its columns mean, a trial, and how far it is."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import tomli_w
from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadenza.base.ids import ImportId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict, NotFound, Problem
from cadenza.connect.imports import service as imports
from cadenza.connect.imports.types import KINDS, Run, Sample
from cadenza.trust.privacy import service as privacy
from cadenza.web import import_form, import_words, paging
from cadenza.web.import_form import Document, Row

PAGE, SHOWN_ERRORS, SAMPLE = 30, 50, 8
LARGEST = "2 GB"
ACCEPTED = ".csv,.tsv,.txt,.parquet,.gz,.zst"
STEPS = ("File", "Columns", "Try", "Import")
BUSY = ("checking", "running", "paused")
COUNTS = (
    ("created", "New", "user-plus"),
    ("updated", "Changed", "pencil"),
    ("merged", "Merged", "git-merge"),
    ("unchanged", "As before", "check"),
    ("invalid", "Rejected", "circle-x"),
    ("skipped", "Passed over", "minus"),
)
LONGEST_TOML = 1 << 20


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
        raise BadInput("This is not a cursor.", at="after", hint="Follow the links “Previous” and “Next”.") from None


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
    context = {"kinds": import_words.kind_options(), "kind": kind, "accepted": ACCEPTED, "largest": LARGEST,
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
    return _mapping(request, found) if mapping else _progress(request, found)


def _progress(request: HttpRequest, found: Run, template: str = "imports/run.html") -> HttpResponse:
    return render(request, template, _seen(_here(request), found))


def _seen(here: WorkspaceId, found: Run) -> dict[str, Any]:
    told = found.checked if found.state == "ready" else {name: getattr(found.counts, name) for name, _, _ in COUNTS}
    faulty = found.counts.invalid + found.counts.incomplete
    over = found.state in ("finished", "failed", "cancelled")
    errors = imports.errors(here, found.id, 0, SHOWN_ERRORS) if faulty and (over or found.state == "paused") else []
    return {
        "run": found, "kind": import_words.kind_label(found.kind), "steps": STEPS, "step": 3 if found.state in ("checking", "ready") else 4,
        "counts": [(label, told.get(name, 0), icon, name) for name, label, icon in COUNTS], "over": over,
        "incomplete": found.checked.get("incomplete", 0) if found.state == "ready" else found.counts.incomplete,
        "errors": [(one, [_reason(told) for told in one.reasons.split(" · ")]) for one in errors], "faulty": faulty,
        "has_file": bool(errors) and imports.error_file(here, found.id) is not None, "moves": found.state in ("checking", "running"),
    }  # fmt: skip


def _reason(told: str) -> tuple[str, str]:
    """The column and what is wrong with it, from a reason as the importer writes it."""
    column, colon, why = told.partition(": ")
    return (column, why) if colon else ("", told)


# ── What the columns mean ──


def _key(run: UUID) -> str:
    return f"mapping-{run}"


def _draft(request: HttpRequest, found: Run) -> tuple[Document, tuple[str, ...]]:
    """What was filled in so far, else what was saved, else a guess with its doubts."""
    kind = request.GET.get("kind", "")
    if kind not in KINDS:
        if kept := request.session.get(_key(found.id)):
            return cast(Document, kept), ()
        if found.mapping:
            return found.mapping, ()
    made = imports.guess(_here(request), found.id, kind or found.kind)
    return made.document, made.notes


def _mapping(
    request: HttpRequest, found: Run, document: Document | None = None, problem: Problem | None = None
) -> HttpResponse:
    """The form of a mapping; with a problem, marked where it belongs."""
    here = _here(request)
    draft, notes = (document, ()) if document is not None else _draft(request, found)
    seen = imports.preview(here, found.id, rows=20)
    rows = import_form.rows_of(draft, seen.header, import_form.samples_of(seen.header, seen.rows))
    return render(request, "imports/mapping.html", {
        "run": found, "steps": STEPS, "document": draft, "notes": notes, "dialect": seen.dialect,
        "rows": _marked(rows, problem), **_parts(draft), **_choices(here, draft), **_files(here, found, draft),
        "problem": problem, "elsewhere": problem if problem and not _is_shown(problem, rows) else None,
    }, status=problem.status if problem else 200)  # fmt: skip


def _parts(draft: Document) -> dict[str, Any]:
    """The parts of a document that have fields of their own. A file that was pasted may hold anything."""
    basis, dates, numbers = ((draft.get(name) if isinstance(draft.get(name), dict) else {}) for name in ("basis", "dates", "numbers"))
    formats = dates.get("formats", [])
    return {
        "basis": basis, "dates": dates, "decimal": numbers.get("decimal", ""), "constants": import_form.constants_of(draft),
        "formats": import_form.BETWEEN.join([formats] if isinstance(formats, str) else map(str, formats)),
        "toml": imports_toml(draft),
    }  # fmt: skip


def imports_toml(draft: Document) -> str:
    """The draft as a mapping file."""
    return tomli_w.dumps(draft)


def _choices(here: WorkspaceId, draft: Document) -> dict[str, Any]:
    kind = draft.get("kind") if draft.get("kind") in KINDS else "customers"
    titled = sorted((privacy.category_title(key), key) for key in privacy.vocabulary())
    return {
        "kind": kind, "kinds": [(one, import_words.kind_label(one)) for one in KINDS], "groups": import_words.target_groups(cast(Any, kind)),
        "bases": import_words.BASES, "types": import_words.TYPES, "cases": import_words.CASES, "if_wrong": import_words.IF_WRONG,
        "decimals": import_words.DECIMALS, "known_formats": import_words.FORMATS,
        "categories": [("", "Other fields of our own"), *((key, title) for title, key in titled)],
        "saved": imports.mappings(here),
    }  # fmt: skip


def _files(here: WorkspaceId, found: Run, draft: Document) -> dict[str, Any]:
    """The files that the mapping looks values up in, and whether they are here."""
    wanted = draft.get("lookups") if isinstance(draft.get("lookups"), dict) else {}
    got = imports.lookups(here, found.id)
    return {"lookups": [(name, one.get("file", name) if isinstance(one, dict) else name, name in got) for name, one in (wanted or {}).items()]}


def _marked(rows: list[Row], problem: Problem | None) -> list[Row]:
    if not problem:
        return rows
    source = import_form.source_at(problem.at, {row.source for row in rows})
    told = " ".join(part for part in (problem.detail, problem.hint) if part)
    return [Row(**{**vars(row), "wrong": told}) if row.source == source and row.first else row for row in rows]


def _is_shown(problem: Problem, rows: list[Row]) -> bool:
    beside = ("basis.legal", "basis.source", "source", "dates.formats", "dates.time_zone", "numbers.decimal", "region", "kind")
    return problem.at in beside or import_form.source_at(problem.at, {row.source for row in rows}) is not None


def _filled(request: HttpRequest, found: Run) -> Document:
    """The document that the form means; it is kept, so that nothing is lost by leaving the page."""
    base, _ = _draft(request, found)
    document = import_form.document_of(request.POST.dict(), base)
    request.session[_key(found.id)] = document
    return document


@require_POST
def sample(request: HttpRequest, run: UUID) -> HttpResponse:
    """Called by htmx as the form changes: the first rows as they would be understood; nothing is written."""
    found = imports.progress(_here(request), ImportId(run))
    rows, problem = _tried(_here(request), found.id, import_form.to_try(_filled(request, found)))
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    table = [(row, [row.values.get(name, "") for name in names]) for row in rows]
    labels = [import_words.field_label(name) for name in names]
    return render(request, "imports/_sample.html", {"names": labels, "table": table, "refusal": problem, "asked": True})


def _tried(here: WorkspaceId, run: ImportId, document: Document) -> tuple[list[Sample], Problem | None]:
    try:
        with transaction.atomic():
            imports.set_mapping(here, run, document)
            found = imports.sample(here, run, SAMPLE)
            transaction.set_rollback(True)
    except Problem as refusal:
        return [], refusal
    return found, None


@require_POST
def mapping(request: HttpRequest, run: UUID) -> HttpResponse:
    """Take the form: try it, start at once, or show one more line."""
    here, found = _here(request), imports.progress(_here(request), ImportId(run))
    document, action = _filled(request, found), request.POST.get("action", "try")
    if action.startswith("also:"):
        request.session[_key(run)] = import_form.with_another(document, action.removeprefix("also:"))
        return HttpResponseRedirect(f"/imports/{run}/{'?edit=1' if found.state == 'ready' else ''}")
    try:
        imports.set_mapping(here, found.id, document)
        (imports.start if action == "start" else imports.dry_run)(here, found.id)
    except Conflict:
        raise
    except Problem as refusal:
        if refusal.at == "basis.legal":  # the importer names its own words for them
            refusal.detail, refusal.hint = "Say why you may hold this data.", "Choose one of the list."
        return _mapping(request, found, document, refusal)
    request.session.pop(_key(run), None)
    return HttpResponseRedirect(f"/imports/{run}/")


@require_POST
def mapping_file(request: HttpRequest, run: UUID) -> HttpResponse:
    """A mapping as a file, uploaded or pasted; it fills the form."""
    found = imports.progress(_here(request), ImportId(run))
    try:
        document = import_form.plain(imports.read(_told_file(request)))
        if not isinstance(document.get("columns"), dict):
            raise BadInput("The file names no columns.", at="mapping", hint="docs/imports.md shows how one is written.")
    except Problem as refusal:
        context = {"problem": refusal, "run": found, "toml": request.POST.get("mapping", "")}
        return render(request, "imports/_mapping_file.html", context, status=refusal.status)
    request.session[_key(run)] = document
    messages.success(request, "The mapping fills the form now. Look at it, then try it.")
    return HttpResponse(headers={"HX-Redirect": f"/imports/{run}/?edit=1"})


def _told_file(request: HttpRequest) -> str:
    file = request.FILES.get("mapping_file")
    if not file:
        return request.POST.get("mapping", "")
    try:
        return file.read(LONGEST_TOML).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("The mapping is not UTF-8.", at="mapping", hint="Save it as UTF-8.") from None


@require_safe
def mapping_download(request: HttpRequest, run: UUID) -> HttpResponse:
    """The mapping as a file, for the next time or for the command line."""
    document, _ = _draft(request, imports.progress(_here(request), ImportId(run)))
    attached = {"Content-Disposition": 'attachment; filename="mapping.toml"'}
    return HttpResponse(imports_toml(document), content_type="application/toml; charset=utf-8", headers=attached)


@require_POST
def lookups(request: HttpRequest, run: UUID) -> HttpResponse:
    """The files that the mapping looks values up in."""
    here, taken = _here(request), 0
    imports.progress(here, ImportId(run))
    for name, file in request.FILES.items():
        if name.startswith("lookup-"):
            imports.add_lookup(here, ImportId(run), name.removeprefix("lookup-"), cast(Any, file))
            taken += 1
    told = f"{taken} files were added." if taken > 1 else "The file was added." if taken else "Choose a file first."
    (messages.success if taken else messages.info)(request, told)
    return HttpResponseRedirect(f"/imports/{run}/?edit=1")


@require_POST
def use_saved(request: HttpRequest, run: UUID) -> HttpResponse:
    """Fill the form from a saved mapping, or forget that one."""
    here, wanted = _here(request), request.POST.get("saved", "")
    found = next((one for one in imports.mappings(here) if str(one.id) == wanted), None)
    if not found:
        raise NotFound("There is no such saved mapping.", hint="It may have been removed.")
    if request.POST.get("action") == "forget":
        imports.delete_mapping(here, found.id)
        messages.success(request, f"“{found.name}” is forgotten. Imports that used it keep their copy.")
    else:
        request.session[_key(run)] = found.document
        messages.success(request, f"“{found.name}” fills the form now.")
    return HttpResponseRedirect(f"/imports/{run}/?edit=1")


@require_POST
def keep(request: HttpRequest, run: UUID) -> HttpResponse:
    """Save what the form says under a name, to be used again."""
    found = imports.progress(_here(request), ImportId(run))
    document, _ = _draft(request, found)
    name = request.POST.get("keep_name", "")
    try:
        imports.save_mapping(_here(request), name, document)
    except Problem as refusal:
        refusal.at, refusal.hint = "keep_name", " ".join(part for part in (f"({refusal.at})" if refusal.at != "name" else "", refusal.hint) if part)
        return render(request, "imports/_keep.html", {"problem": refusal, "run": found, "name": name}, status=refusal.status)
    messages.success(request, f"Saved as “{name.strip()}”.")
    return HttpResponse(headers={"HX-Redirect": f"/imports/{run}/?edit=1"})


# ── While it runs, and after ──


@require_safe
def progress(request: HttpRequest, run: UUID) -> HttpResponse:
    """Polled by htmx while a worker is at it."""
    return _progress(request, imports.progress(_here(request), ImportId(run)), "imports/_run.html")


MOVES = {"start": imports.start, "try": imports.dry_run, "pause": imports.pause, "resume": imports.resume, "cancel": imports.cancel}


@require_POST
def move(request: HttpRequest, run: UUID, step: str) -> HttpResponse:
    """Start, try, pause, resume or cancel. Of two who press at once the second is told how it stands."""
    try:
        MOVES[step](_here(request), ImportId(run))
    except Conflict as refusal:
        messages.info(request, str(refusal))
    return HttpResponseRedirect(f"/imports/{run}/")


@require_safe
def error_file(request: HttpRequest, run: UUID) -> FileResponse:
    """Every row that was rejected or went in without a value, as it stood, with the reasons: to be mended and sent again."""
    here, found = _here(request), imports.progress(_here(request), ImportId(run))
    held = imports.error_file(here, found.id)
    if not held or not held.exists():
        raise NotFound("There is no error file.", hint="Every row was fine, or the file is no longer kept: it holds personal data.")
    return FileResponse(held.open("rb"), as_attachment=True, filename=f"errors-{found.file_name.split('.')[0]}.csv", content_type="text/csv; charset=utf-8")


urls = [
    path("imports/", history, name="imports"),
    path("imports/new/", new, name="import-new"),
    path("imports/<uuid:run>/", run, name="import"),
    path("imports/<uuid:run>/sample", sample, name="import-sample"),
    path("imports/<uuid:run>/mapping", mapping, name="import-mapping"),
    path("imports/<uuid:run>/file", mapping_file, name="import-mapping-file"),
    path("imports/<uuid:run>/mapping.toml", mapping_download, name="import-mapping-download"),
    path("imports/<uuid:run>/lookups", lookups, name="import-lookups"),
    path("imports/<uuid:run>/use", use_saved, name="import-use"),
    path("imports/<uuid:run>/keep", keep, name="import-keep"),
    path("imports/<uuid:run>/progress", progress, name="import-progress"),
    path("imports/<uuid:run>/errors.csv", error_file, name="import-errors"),
    *(path(f"imports/<uuid:run>/{step}", move, {"step": step}, name=f"import-{step}") for step in MOVES),
]
