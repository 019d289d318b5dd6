"""The page on which people say what the columns of a file mean, and see at once how its rows would be understood."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import tomli_w
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from cadenza.base.ids import ImportId, WorkspaceId
from cadenza.base.problem import BadInput, Conflict, NotFound, Problem
from cadenza.connect.imports import service as imports
from cadenza.connect.imports.types import KINDS, Run, Sample
from cadenza.trust.privacy import service as privacy
from cadenza.web import import_form, import_words
from cadenza.web.import_form import Document, Row

STEPS = ("File", "Columns", "Try", "Import")
SAMPLE = 8
LONGEST_FILE = 1 << 20
# Problems at these places are shown beside a field of the form.
BESIDE = (
    "basis.legal", "basis.source", "source", "dates.formats", "dates.time_zone", "numbers.decimal", "region", "kind",
)  # fmt: skip


def _here(request: HttpRequest) -> WorkspaceId:
    return request.workspace.id  # type: ignore[attr-defined, no-any-return]


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


def form(
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
    dates = import_form.table(draft.get("dates"))
    return {
        "basis": import_form.table(draft.get("basis")),
        "dates": dates,
        "formats": import_form.BETWEEN.join(import_form.texts(dates.get("formats"))),
        "decimal": import_form.table(draft.get("numbers")).get("decimal", ""),
        "constants": import_form.constants_of(draft),
        "toml": toml_of(draft),
    }


def toml_of(draft: Document) -> str:
    """The draft as a mapping file."""
    return tomli_w.dumps(draft)


def _choices(here: WorkspaceId, draft: Document) -> dict[str, Any]:
    kind = draft.get("kind") if draft.get("kind") in KINDS else "customers"
    titled = sorted((privacy.category_title(key), key) for key in privacy.vocabulary())
    return {
        **import_words.CHOICES,
        "kind": kind,
        "kinds": [(one, import_words.kind_label(one)) for one in KINDS],
        "groups": import_words.target_groups(cast(Any, kind)),
        "categories": [("", "Other fields of our own"), *((key, title) for title, key in titled)],
        "saved": imports.mappings(here),
    }


def _files(here: WorkspaceId, found: Run, draft: Document) -> dict[str, Any]:
    """The files that the mapping looks values up in, and whether they are here."""
    wanted, got = import_form.table(draft.get("lookups")), imports.lookups(here, found.id)
    files = {name: import_form.table(one).get("file", name) for name, one in wanted.items()}
    return {"lookups": [(name, file, name in got) for name, file in files.items()]}


def _marked(rows: list[Row], problem: Problem | None) -> list[Row]:
    if not problem:
        return rows
    source = import_form.source_at(problem.at, {row.source for row in rows})
    told = " ".join(part for part in (problem.detail, problem.hint) if part)
    return [
        Row(**{**vars(row), "wrong": told}) if row.source == source and row.first else row for row in rows
    ]


def _is_shown(problem: Problem, rows: list[Row]) -> bool:
    return problem.at in BESIDE or import_form.source_at(problem.at, {row.source for row in rows}) is not None


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
    return render(
        request, "imports/_sample.html", {"names": labels, "table": table, "refusal": problem, "asked": True}
    )


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
        return form(request, found, document, refusal)
    request.session.pop(_key(run), None)
    return HttpResponseRedirect(f"/imports/{run}/")


@require_POST
def mapping_file(request: HttpRequest, run: UUID) -> HttpResponse:
    """A mapping as a file, uploaded or pasted; it fills the form."""
    found = imports.progress(_here(request), ImportId(run))
    try:
        document = import_form.plain(imports.read(_told_file(request)))
        if not isinstance(document.get("columns"), dict):
            raise BadInput(
                "The file names no columns.", at="mapping", hint="docs/imports.md shows how one is written."
            )
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
        return file.read(LONGEST_FILE).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("The mapping is not UTF-8.", at="mapping", hint="Save it as UTF-8.") from None


@require_safe
def mapping_download(request: HttpRequest, run: UUID) -> HttpResponse:
    """The mapping as a file, for the next time or for the command line."""
    document, _ = _draft(request, imports.progress(_here(request), ImportId(run)))
    attached = {"Content-Disposition": 'attachment; filename="mapping.toml"'}
    return HttpResponse(toml_of(document), content_type="application/toml; charset=utf-8", headers=attached)


@require_POST
def lookups(request: HttpRequest, run: UUID) -> HttpResponse:
    """The files that the mapping looks values up in."""
    here, taken = _here(request), 0
    imports.progress(here, ImportId(run))
    for name, file in request.FILES.items():
        if name.startswith("lookup-"):
            imports.add_lookup(here, ImportId(run), name.removeprefix("lookup-"), cast(Any, file))
            taken += 1
    told = (
        f"{taken} files were added."
        if taken > 1
        else "The file was added."
        if taken
        else "Choose a file first."
    )
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
        place = f"({refusal.at})" if refusal.at and refusal.at != "name" else ""
        refusal.at, refusal.hint = "keep_name", f"{place} {refusal.hint or ''}".strip()
        context = {"problem": refusal, "run": found, "name": name}
        return render(request, "imports/_keep.html", context, status=refusal.status)
    messages.success(request, f"Saved as “{name.strip()}”.")
    return HttpResponse(headers={"HX-Redirect": f"/imports/{run}/?edit=1"})


urls = [
    path("imports/<uuid:run>/sample", sample, name="import-sample"),
    path("imports/<uuid:run>/mapping", mapping, name="import-mapping"),
    path("imports/<uuid:run>/file", mapping_file, name="import-mapping-file"),
    path("imports/<uuid:run>/mapping.toml", mapping_download, name="import-mapping-download"),
    path("imports/<uuid:run>/lookups", lookups, name="import-lookups"),
    path("imports/<uuid:run>/use", use_saved, name="import-use"),
    path("imports/<uuid:run>/keep", keep, name="import-keep"),
]
