"""Signed links, sealed secrets and keyed digests, all from one master key in the data folder.

Signing is HMAC-SHA256, sealing AES-256-GCM, both with keys derived per purpose by HKDF (RFC 5869).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import tempfile
from functools import cache
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cadenza.base.config import config

SIGNATURE_BYTES = 16  # 128 bits: forging one needs more requests than any server answers
NONCE_BYTES = 12
KEY_BYTES = 32


class BadSignature(Exception):
    """The token was not made here, not for this purpose, or was altered."""


@cache
def _master() -> bytes:
    file = config().data / "master.key"
    write_once(file, secrets.token_bytes(KEY_BYTES))
    found = file.read_bytes()
    if len(found) != KEY_BYTES:
        raise RuntimeError(f"{file} is damaged: it holds {len(found)} bytes. Put it back from a backup.")
    return found


def write_once(file: Path, secret: bytes) -> None:
    """Give a file its content unless it has one: whole and on disk, or not at all; who comes second changes nothing."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, making = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(secret)
            out.flush()
            os.fsync(out.fileno())
        os.link(making, file)
    except FileExistsError:
        pass
    finally:
        os.unlink(making)
    _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@cache
def key(purpose: str) -> bytes:
    """A 32-byte key of its own for each purpose."""
    return HKDF(hashes.SHA256(), 32, salt=b"cadenza", info=purpose.encode()).derive(_master())


def sign(purpose: str, data: bytes) -> str:
    """`data` and its signature as one URL-safe token."""
    return base64.urlsafe_b64encode(data + _signature(purpose, data)).rstrip(b"=").decode()


def unsign(purpose: str, token: str) -> bytes:
    """The data of a token made by `sign` for the same purpose; raises BadSignature otherwise."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError:
        raise BadSignature from None
    data, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    canonical = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    if canonical != token or not hmac.compare_digest(signature, _signature(purpose, data)):
        raise BadSignature
    return data


def _signature(purpose: str, data: bytes) -> bytes:
    return hmac.digest(key(f"sign:{purpose}"), data, "sha256")[:SIGNATURE_BYTES]


def seal(text: str) -> bytes:
    """Encrypt a secret for storage."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key("seal")).encrypt(nonce, text.encode(), None)


def unseal(sealed: bytes) -> str:
    """Decrypt what `seal` made; raises BadSignature where it was altered or the master key is another."""
    try:
        return AESGCM(key("seal")).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None).decode()
    except InvalidTag:
        raise BadSignature from None


def digest(workspace: UUID, text: str) -> bytes:
    """A keyed 32-byte fingerprint: tells two equal texts of one workspace apart from others, and nothing else."""
    return hmac.digest(key(f"digest:{workspace}"), text.encode(), "sha256")


def fingerprint(text: str) -> bytes:
    """SHA-256 of a high-entropy secret (a key, a token), for storing it without keeping it."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def hash64(text: str) -> int:
    """A signed 64-bit number that stays the same from run to run (for locks and buckets)."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)
