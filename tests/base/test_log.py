"""A log line holds no person, whoever wrote it."""

import logging

import pytest

from cadenza.base import log


@pytest.fixture
def lines(capsys):
    log.configure("INFO")
    yield lambda: capsys.readouterr().err
    log.configure("ERROR")


def test_personal_keys_are_withheld(lines):
    log.get("t").info("x", email="ann@example.com", ip="203.0.113.7", more={"phone": "123"}, n=3)
    told = lines()
    assert '"n": 3' in told
    assert not any(one in told for one in ("ann@", "203.0", "123"))


@pytest.mark.parametrize(
    "text",
    [
        "to ann@example.com now",
        "Key (phone)=(20000000) already exists.",
        "call +371 2000 0000",
        "Key (name)=(Ann Lee)",
    ],
)
def test_what_looks_like_a_person_is_withheld_from_texts(lines, text):
    log.get("t").warning("x", detail=text)
    told = lines()
    assert not any(one in told for one in ("ann@", "20000000", "2000 0000", "Ann Lee"))


def test_a_fault_with_a_person_in_it_is_told_without(lines):
    try:
        raise ValueError("no such user ann@example.com")
    except ValueError:
        log.get("t").exception("x")
    told = lines()
    assert "ValueError" in told and "ann@" not in told


def test_lines_of_libraries_tell_place_and_kind_alone(lines):
    logging.getLogger("axes").warning("Locking out %s", "ann@example.com")
    told = lines()
    assert "library.told" in told and "axes" in told and "ann@" not in told
