"""Segments of products: the list, one with its products, and the form that makes them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadenza.base.ids import SegmentId
from cadenza.base.problem import Conflict, Problem
from cadenza.cdp.catalog import service as catalog
from cadenza.cdp.catalog.types import Product
from cadenza.cdp.segments import service as segments
from cadenza.cdp.segments.types import Kind, ProductSegment
from cadenza.web import product_form, segment_words, wording
from cadenza.web.middleware import POLICY
from cadenza.web.product_form import Row
from cadenza.web.segments import sentence, shortened

PAGE = 24
FIRST = Row("field:category", "is")
JOINS = (("all", "All of these must hold"), ("any", "At least one of these must hold"))
VIEWS = (("", "In use", "/segments/products/"), ("archived", "Archived", "/segments/products/?archived=1"))
UNDO = '<button class="link undo" form="undo" formaction="/segments/products/{}/restore">Undo</button>'
_HOST = re.compile(r"[a-z0-9.-]+(:\d{1,5})?")
_PLACE = re.compile(r"tree\.(?:all|any)\.(\d+)")


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Every one with its sentence and how many products it holds."""
    here, archived = request.workspace.id, "archived" in request.GET  # type: ignore[attr-defined]
    found = segments.product_segments(here, archived=archived)
    put_away = len(found) if archived else len(segments.product_segments(here, archived=True))
    return render(request, "segments/products.html", {
        "rows": [(one, f"/segments/products/{one.id}/", sentence(one.sentence)) for one in found],
        "area": segment_words.area(), "archived": archived, "put_away": put_away,
        "views": [{"value": value, "label": label, "href": href} for value, label, href in VIEWS],
        "products": catalog.count(here),
    })  # fmt: skip


@require_safe
def one(request: HttpRequest, product_segment: UUID) -> HttpResponse:
    """One: its sentence and its products, with pictures and prices, by id."""
    here = request.workspace.id  # type: ignore[attr-defined]
    found = segments.product_segment(here, SegmentId(product_segment))
    ids, after = segments.product_members(here, found.id), request.GET.get("after", "")
    following = [one for one in ids if one > after] if after else ids
    known = catalog.many(here, following[:PAGE])
    goods = [known[one] for one in following[:PAGE] if one in known]
    more = following[PAGE - 1] if len(following) > PAGE else ""
    response = render(request, "segments/product_segment.html", {
        "segment": found, "sentence": sentence(found.sentence),
        "goods": [_good(one) for one in goods], "count": len(ids),
        "more": more, "after": after, "uses": segment_words.uses(segments.product_uses(here, found.id)),
    })  # fmt: skip
    response.headers["Content-Security-Policy"] = pictures_from(goods)
    return response


def _good(one: Product) -> dict[str, Any]:
    return {"product": one, "picture": one.image_url if _origin(one.image_url) else "",
            "where": " · ".join(filter(None, (one.brand, one.category, one.subcategory)))}  # fmt: skip


def pictures_from(goods: list[Product]) -> str:
    """The page's policy, which lets in pictures from where the shop keeps those of these products."""
    origins = sorted({_origin(one.image_url) for one in goods} - {""})
    return POLICY.replace("img-src 'self' data:", " ".join(["img-src 'self' data:", *origins]))


def _origin(address: str) -> str:
    try:
        found = urlsplit(address)
    except ValueError:
        return ""
    host = found.netloc.lower()
    return f"{found.scheme}://{host}" if found.scheme in ("http", "https") and _HOST.fullmatch(host) else ""


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form, empty; POST saves."""
    return _form(request, None)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, product_segment: UUID) -> HttpResponse:
    """The form of one; POST saves name and condition."""
    here = request.workspace.id  # type: ignore[attr-defined]
    return _form(request, segments.product_segment(here, SegmentId(product_segment)))


def _form(request: HttpRequest, found: ProductSegment | None) -> HttpResponse:
    here = request.workspace.id  # type: ignore[attr-defined]
    fields = segments.product_fields(here)
    saved = product_form.from_tree(found.tree, fields) if found else ("all", [FIRST])
    join, rows, name, problem = (*(saved or ("all", [])), found.name if found else "", None)
    if request.method == "POST":
        (join, rows), name = _told(request, fields), request.POST.get("name", "")
        tree = product_form.to_tree(join, rows, fields) if saved else None
        try:
            return _saved(request, found, name, tree)
        except Problem as refusal:
            problem = refusal
    context = {
        **_drawn(request, join, rows, fields, problem),
        "segment": found,
        "name": name,
        "simple": bool(saved),
    }
    return render(request, "segments/product_form.html", context, status=problem.status if problem else 200)


def _saved(request: HttpRequest, found: ProductSegment | None, name: str, tree: Any) -> HttpResponse:
    here = request.workspace.id  # type: ignore[attr-defined]
    if found:
        made = segments.update_product_segment(here, found.id, name, tree)
    else:
        made = segments.save_product_segment(here, name, tree)
    messages.success(request, f"Saved, with {segment_words.products(made.count or 0)} in it.")
    return HttpResponseRedirect(f"/segments/products/{made.id}/")


@require_POST
def drawn(request: HttpRequest) -> HttpResponse:
    """Called by htmx whenever the form changes: the form as it fits what was chosen, and what it holds now."""
    here = request.workspace.id  # type: ignore[attr-defined]
    fields = segments.product_fields(here)
    join, rows = _told(request, fields)
    step, which = request.POST.get("step", ""), request.POST.get("which", "")
    if step == "add" and len(rows) < product_form.MOST:
        rows.append(FIRST)
    if step == "out" and which.isascii() and which.isdigit() and len(which) < 4:
        rows = [row for place, row in enumerate(rows) if place != int(which)]
    context = _drawn(request, join, rows, fields, None)
    return render(request, "segments/_product_rows.html", context)


def _told(request: HttpRequest, fields: dict[str, Kind]) -> tuple[str, list[Row]]:
    known = dict(product_form.choices(fields))
    columns = [request.POST.getlist(name) for name in ("what", "op", "value", "days")]
    told = [Row(*one) for one in zip(*columns, strict=False)][: product_form.MOST]
    was = request.POST.getlist("was") or columns[0]
    rows = [row if row.what == before else Row(row.what) for row, before in zip(told, was, strict=False)]
    return request.POST.get("join", "all"), [
        product_form.fitted(row, fields) for row in rows if row.what in known
    ]


def _drawn(
    request: HttpRequest, join: str, rows: list[Row], fields: dict[str, Kind], problem: Problem | None
) -> dict[str, Any]:
    """The rows with what each may choose, the mistake at its row, and what they hold now."""
    preview, refusal = _preview(request, join, rows, fields)
    fault = problem or refusal
    wrong = _PLACE.match(fault.at or "") if fault else None
    place = int(wrong[1]) if wrong else -1
    shown = [_shown(row, fields, fault if number == place else None) for number, row in enumerate(rows)]
    return {
        "rows": shown, "join": join, "joins": JOINS, "whats": product_form.choices(fields), "problem": problem,
        "refusal": refusal if place < 0 else None, "preview": preview, "full": len(rows) >= product_form.MOST,
        "waiting": place >= 0,
    }  # fmt: skip


def _shown(row: Row, fields: dict[str, Kind], wrong: Problem | None) -> dict[str, Any]:
    about, _, name = row.what.partition(":")
    is_number = about != "field" or fields.get(name) is Kind.NUMBER
    is_money = row.what in ("field:price", "orders:sum")
    return {
        "row": row, "ops": product_form.operators(row, fields), "wordless": row.op in product_form.WORDLESS,
        "number": is_number, "money": is_money, "times": about == "did", "windowed": about != "field",
        "wrong": wrong and " ".join(filter(None, (wrong.detail, wrong.hint))),
        "suggest": name if about == "field" and name == "category" else "",
    }  # fmt: skip


def _preview(
    request: HttpRequest, join: str, rows: list[Row], fields: dict[str, Kind]
) -> tuple[dict[str, Any] | None, Problem | None]:
    here = request.workspace.id  # type: ignore[attr-defined]
    if not rows or rows == [FIRST]:
        return None, None
    try:
        count, ids, said = segments.preview_products(here, product_form.to_tree(join, rows, fields))
    except Problem as refusal:
        return None, refusal
    known = catalog.many(here, ids)
    return {
        "count": count, "sentence": sentence(said), "goods": [known[one] for one in ids if one in known],
        "more": count - len(ids), "share": wording.percent(count / max(1, catalog.count(here))),
    }, None  # fmt: skip


@require_POST
def archive(request: HttpRequest, product_segment: UUID) -> HttpResponse:
    """Put it away, unless a segment of people asks for it; the toast brings it back."""
    here = request.workspace.id  # type: ignore[attr-defined]
    try:
        found = segments.archive_product_segment(here, SegmentId(product_segment))
    except Conflict as refusal:
        messages.error(request, f"{refusal.detail} {refusal.hint}")
        return HttpResponseRedirect(f"/segments/products/{product_segment}/")
    messages.success(request, format_html("“{}” is archived. " + UNDO, shortened(found.name), found.id))
    return HttpResponseRedirect("/segments/products/")


@require_POST
def restore(request: HttpRequest, product_segment: UUID) -> HttpResponse:
    """Bring it back from the archive."""
    here = request.workspace.id  # type: ignore[attr-defined]
    found = segments.restore_product_segment(here, SegmentId(product_segment))
    messages.success(request, f"“{shortened(found.name)}” is in use again.")
    return HttpResponseRedirect(f"/segments/products/{found.id}/")


urls = [
    path("segments/products/", listing, name="product-segments"),
    path("segments/products/new/", new, name="product-segment-new"),
    path("segments/products/drawn", drawn, name="product-segment-drawn"),
    path("segments/products/<uuid:product_segment>/", one, name="product-segment"),
    path("segments/products/<uuid:product_segment>/edit/", edit, name="product-segment-edit"),
    path("segments/products/<uuid:product_segment>/archive", archive, name="product-segment-archive"),
    path("segments/products/<uuid:product_segment>/restore", restore, name="product-segment-restore"),
]
