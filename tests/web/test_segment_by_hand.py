"""Segments by hand over HTTP: made, filled by search, list and file, emptied, and each step undone."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.base import Template
from django.test.utils import instrumented_test_render

from cadenza.base import database
from cadenza.base.ids import SegmentId
from cadenza.base.problem import BadInput
from cadenza.cdp.segments import service as segments
from cadenza.web import identifier_list


@pytest.fixture(autouse=True)
def contexts(monkeypatch):
    """What a page was made of, beside the page."""
    monkeypatch.setattr(Template, "_render", instrumented_test_render)


@pytest.fixture
def shop(arrive):
    told = {
        "ann": {"email": "ann@example.com", "phone": "+37120000001"},
        "bo": {"email": "bo@example.com"},
        "42": {},
    }
    arrive(*({"type": "identify", "userId": who, "traits": traits} for who, traits in told.items()))


@pytest.fixture
def guests(workspace):
    with database.scope(workspace):
        return segments.save(workspace, "Guests", mode="static").id


def held(workspace, segment):
    with database.scope(workspace):
        return set(segments.members(workspace, segment))


def test_one_is_made_empty_or_of_the_people_of_another(pages, workspace, shop):
    with database.scope(workspace):
        everyone = segments.save(workspace, "Everyone", {"all": []}).id
        segments.refresh(workspace)
    empty = pages.post("/segments/by-hand/", {"name": "Empty"})
    full = pages.post("/segments/by-hand/", {"name": "Full", "source": str(everyone)})
    counts = [len(held(workspace, SegmentId(UUID(one.url.split("/")[2])))) for one in (empty, full)]
    assert counts == [0, 3]
    page = pages.get(empty.url).content.decode()
    assert "Put together by hand" in page and "Nobody is in it yet" in page and "/edit/" not in page
    assert pages.post("/segments/by-hand/", {"name": ""}).status_code == 422
    assert pages.post("/segments/by-hand/", {"name": "x", "source": "y"}).status_code == 422


def test_a_list_says_who_came_who_was_there_and_who_is_unknown(pages, workspace, shop, guests, number):
    told = "ANN@example.com, 42\n+371 2000 0001; Bo <bo@example.com>\nnobody@example.com\n#99999"
    page = pages.post(f"/segments/{guests}/fill", {"way": "list", "told": told})
    done = page.context["done"]
    assert (done.entered, done.already, done.unknown) == (3, 0, ["nobody@example.com", "#99999"])
    assert "3 put in" in page.content.decode() and "2 unknown" in page.content.decode()
    assert "nobody@example.com\n#99999</textarea>" in page.content.decode()
    assert held(workspace, guests) == {number(one) for one in ("ann", "bo", "42")}
    again = pages.post(f"/segments/{guests}/fill", {"way": "list", "told": f"#{number('ann')}"})
    assert (again.context["done"].entered, again.context["done"].already) == (0, 1)
    assert pages.post(f"/segments/{guests}/undo", {"at": done.at.isoformat()}).status_code == 302
    assert held(workspace, guests) == set()


def test_a_file_is_read_by_its_head_or_its_first_column(pages, workspace, shop, guests, number):
    table = SimpleUploadedFile(
        "people.csv", "Name;E-Mail\nAnn;ann@example.com\nX;x@example.com\n".encode("utf-8-sig")
    )
    page = pages.post(f"/segments/{guests}/fill", {"way": "file", "file": table})
    assert (page.context["done"].entered, page.context["done"].unknown) == (1, ["x@example.com"])
    plain = SimpleUploadedFile("numbers.txt", b"42\nbo,and more\n")
    assert pages.post(f"/segments/{guests}/fill", {"way": "file", "file": plain}).context["done"].entered == 2
    assert held(workspace, guests) == {number(one) for one in ("ann", "bo", "42")}
    for wrong in (
        {"way": "file"},
        {"way": "list", "told": " \n,"},
        {"way": "list", "told": "a", "kind": "colour"},
    ):
        assert pages.post(f"/segments/{guests}/fill", wrong).status_code == 422


def test_a_kind_that_is_said_is_the_only_one_looked_for(pages, workspace, shop, guests):
    told = {"way": "list", "told": "42\nann@example.com", "kind": "email"}
    assert pages.post(f"/segments/{guests}/fill", told).context["done"].unknown == ["42"]


def test_people_are_found_put_in_taken_out_and_brought_back(pages, workspace, shop, guests, number):
    found = pages.get(f"/segments/{guests}/find?q=ann").content.decode()
    assert "Put in" in found and f"found-{number('ann')}" in found
    line = pages.post(f"/segments/{guests}/put", {"profile": number("ann")})
    assert "In it" in line.content.decode() and line.headers["HX-Trigger"] == "people-changed"
    assert "In it" in pages.get(f"/segments/{guests}/find?q=ann").content.decode()
    out = pages.post(
        f"/segments/{guests}/take-out", {"profile": [number("ann")]}, follow=True
    ).content.decode()
    assert "Taken out: 1 person." in out and held(workspace, guests) == set()
    at = re.search(r'name="at" value="([^"]+)"', out)
    assert at
    back = pages.post(f"/segments/{guests}/undo", {"at": at[1]}, follow=True).content.decode()
    assert "Undone: 1 moved back." in back and held(workspace, guests) == {number("ann")}
    assert (
        "nothing left to undo"
        in pages.post(f"/segments/{guests}/undo", {"at": at[1]}, follow=True).content.decode()
    )
    pages.post(f"/segments/{guests}/take-out", {"all": "yes"})
    assert held(workspace, guests) == set()
    assert (
        "Choose at least one" in pages.post(f"/segments/{guests}/take-out", {}, follow=True).content.decode()
    )


@pytest.mark.parametrize("at", ["", "x", "2030-01-01"])
def test_a_moment_that_is_none_is_refused(pages, guests, at):
    assert pages.post(f"/segments/{guests}/undo", {"at": at}).status_code == 422


def test_a_segment_with_a_condition_is_not_filled(pages, workspace, shop, number):
    with database.scope(workspace):
        live = segments.save(workspace, "Everyone", {"all": []}).id
    assert pages.post(f"/segments/{live}/put", {"profile": number("ann")}).status_code == 409
    assert "Put people in" not in pages.get(f"/segments/{live}/").content.decode()


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("a@x.lv b@x.lv", ["a@x.lv", "b@x.lv"]),
        ('"7", "8"\r\n7', ["7", "8"]),
        ("Customer ID\tName\n7\tAnn\n8\tBo", ["7", "8"]),
        ("+371 2000 0001\n+371 2000 0002", ["+371 2000 0001", "+371 2000 0002"]),
    ],
)
def test_a_list_is_read_as_people_write_them(told, found):
    assert identifier_list.pasted(told)[0] == found


def test_a_list_has_a_bound_and_a_file_its_signs():
    with pytest.raises(BadInput, match="At most"):
        identifier_list.pasted("\n".join(map(str, range(60_000))))
    with pytest.raises(BadInput, match="too large"):
        identifier_list.uploaded(b"x" * 5_000_001)
    assert identifier_list.uploaded("email\nä@x.lv".encode("utf-16"))[0] == ["ä@x.lv"]
    assert identifier_list.uploaded("Müller".encode("cp1252"))[0] == ["Müller"]
