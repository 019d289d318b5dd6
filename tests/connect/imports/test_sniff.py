"""Encoding and delimiter are found by content."""

import pytest

from cadenza.connect.imports.sniff import sniff


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~", ":", "#", "\x01"])
def test_any_one_character_may_delimit(delimiter: str) -> None:
    text = "\n".join(
        delimiter.join(row) for row in (["id", "first name", "price"], ["1", "Ann", "2.50"], ["2", "Bo", "3"])
    )
    assert sniff(text.encode()).delimiter == delimiter


def test_commas_inside_values_do_not_mislead() -> None:
    text = 'id;address;price\n1;"Riga, Brivibas 1, LV";2,50\n2;"Riga, Brivibas 2, LV";3,10\n'
    assert sniff(text.encode()).delimiter == ";"


def test_one_column_has_no_delimiter_to_find() -> None:
    assert sniff(b"email\nann@example.com\nbo@example.com\n").delimiter == ","


def test_excels_own_line_is_believed() -> None:
    assert sniff(b"sep=!\na!b\n1!2\n").delimiter == "!"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("имя;город\nАнна;Рига\nПётр;Москва\n", "windows-1251"),
        ("name;city\nJosé;Málaga\nMuñoz;Köln\nGroße;Århus\n", "latin-1"),
        ("name;city\n“Ann”;Paris\nJosé;Köln\n", "windows-1252"),
    ],
)
def test_encodings_of_one_byte(text: str, encoding: str) -> None:
    raw = text.encode(encoding)
    assert sniff(raw, strange=raw).encoding == encoding


@pytest.mark.parametrize(
    ("encoding", "found"), [("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("utf-8", "utf-8")]
)
def test_unicode(encoding: str, found: str) -> None:
    assert sniff("имя,город\nАнна,Рига\n".encode(encoding)).encoding == found


def test_one_broken_byte_leaves_a_file_utf8() -> None:
    raw = "имя,город\n".encode() + "Анна,Рига\n".encode() * 20 + b"Jos\xe9,Riga\n"
    assert sniff(raw, strange=raw).encoding == "utf-8"
