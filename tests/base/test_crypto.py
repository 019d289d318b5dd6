"""Signed links and sealed secrets."""

import pytest

from cadenza.base import crypto


def test_a_signed_token_gives_its_data_back():
    assert crypto.unsign("click", crypto.sign("click", b"hello")) == b"hello"


@pytest.mark.parametrize("position", range(0, 30, 3))
def test_an_altered_token_is_refused(position):
    token = crypto.sign("click", b"hello world")
    altered = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
    with pytest.raises(crypto.BadSignature):
        crypto.unsign("click", altered)


def test_a_token_for_one_purpose_is_refused_for_another():
    with pytest.raises(crypto.BadSignature):
        crypto.unsign("unsubscribe", crypto.sign("click", b"hello"))


@pytest.mark.parametrize("noise", ["", "a", "é", "!!!!", "a" * 5000, "\x00"])
def test_noise_is_refused(noise):
    with pytest.raises(crypto.BadSignature):
        crypto.unsign("click", noise)


def test_a_sealed_secret_opens_and_differs_every_time():
    assert crypto.unseal(crypto.seal("s3cret")) == "s3cret"
    assert crypto.seal("s3cret") != crypto.seal("s3cret")


def test_a_digest_differs_between_workspaces():
    assert crypto.digest("a", "x@example.com") != crypto.digest("b", "x@example.com")
