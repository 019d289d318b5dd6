"""The outgoing client calls public addresses alone, however a private one is spelt."""

from __future__ import annotations

import socket

import pytest

from cadenza.base import http
from cadenza.base.problem import BadInput, Unavailable

PRIVATE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "192.0.2.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8", "fe80::1",
    "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::", "2001:db8::1", "2001::1", "100::1", "5f00::1",
]  # fmt: skip
OPEN = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001::1", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_address_is_public(address):
    assert not http.public(address)


@pytest.mark.parametrize("address", OPEN)
def test_the_open_internet_is_public(address):
    assert http.public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/",
        "http://0177.0.0.1/", "http://017700000001/", "http://0/", "http://[::1]/", "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://localhost/", "http://LOCALHOST./",
        "http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xa9fea9fe/", "http://[fe80::1]/",
        "https://10.0.0.1/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/",
    ],
)  # fmt: skip
def test_a_private_address_is_refused_however_it_is_spelt(url):
    with pytest.raises(BadInput):
        http.checked(url)


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "//8.8.8.8/", "file:///etc/passwd", "gopher://8.8.8.8/", "ftp://8.8.8.8/", "http:///x", "http://",
        "http://user@8.8.8.8/", "http://:secret@8.8.8.8/", "http://@8.8.8.8/", "http://8.8.8.8@127.0.0.1/",
        "http://8.8.8.8:22/", "http://8.8.8.8:8080/", "http://8.8.8.8:99999/", "http://8.8.8.8:x/", "http://8.8.8.8:-1/",
        "http://[::1", "http://[x]/", "http://a..b/", "http://" + "a" * 300 + "/", "http://8.8.8.8\\@127.0.0.1/",
        "http://8.8.8.8/\r\nHost: x", "http://8.8.8.8/a b", "http://\x00/", "http://a\ud800/", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_refused(url):
    with pytest.raises(BadInput):
        http.checked(url)


def test_a_public_address_is_pinned():
    assert http.checked("https://8.8.8.8/x?y=1") == ("https", "8.8.8.8", 443, "8.8.8.8")


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    def both(*_, **__):
        return [(0, 0, 0, "", (address, 80)) for address in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(BadInput):
        http.checked("http://rebinding.example/")


def test_the_answer_is_bounded_in_size_and_time(monkeypatch):
    assert http._read([b"a", b"b"]) == b"ab"
    with pytest.raises(BadInput):
        http._read([b"x" * (1 << 20), b"x"])
    monkeypatch.setattr(http, "SECONDS", -1.0)
    with pytest.raises(Unavailable):
        http._read([b"drip"])
