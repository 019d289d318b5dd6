"""One mail as bytes: RFC 5322 headers and a multipart/alternative body, written by hand because thousands are needed.

Every line ends in CRLF and is at most 998 bytes (76 in bodies); all text is UTF-8.  No clock and no chance in here:
the same mail always gives the same bytes, so a retry is recognisably the same message.
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b

from cadenza.base.problem import BadInput
from cadenza.channels.email.guard import HEADER_NAME, UNSAFE, guard, mailbox, reread
from cadenza.channels.email.types import Mail
from cadenza.outreach.delivery.types import Address

LINE = 76
WORD_BYTES = 45  # 45 bytes are 60 letters of base64: an encoded word stays below its limit of 75
PLAIN = re.compile(r"[ -~]*")
ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])
LONGEST_LINE = 990
MANGLED = (b"\r\nFrom ", b"\r\n.\r\n", b" \r\n", b"\t\r\n")
BEYOND = bytes(range(128, 256))
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
OURS = frozenset(
    "from to subject date message-id mime-version content-type content-transfer-encoding list-unsubscribe "
    "list-unsubscribe-post list-id feedback-id sender reply-to cc bcc return-path received dkim-signature".split()
)


def mime(mail: Mail) -> bytes:
    """Raises BadInput where an address is none or a header cannot be written."""
    boundary = "=_" + blake2b(mail.id.encode() + mail.subject.encode(), digest_size=15).hexdigest()
    headers = [(name, value) for name, value in _headers(mail) if value]
    headers.append(("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'))
    head = "\r\n".join(f"{name}: {value}" for name, value in headers).encode()
    reread(head, tuple(name for name, _ in headers))
    mark = f"--{boundary}".encode()
    parts = (head, b"", mark, _part("plain", mail.text), mark, _part("html", mail.html), mark + b"--", b"")
    return b"\r\n".join(parts)


def needs_utf8(mail: Mail) -> bool:
    """Whether a server must offer SMTPUTF8: a local part is beyond ASCII."""
    return not (mail.to.email.partition("@")[0].isascii() and mail.from_.email.partition("@")[0].isascii())


def message_id(mail: Mail) -> str:
    """`<id@domain>`: the same at every retry."""
    return f"<{mail.id}@{mailbox(mail.from_.email, 'from').rpartition('@')[2]}>"


def _headers(mail: Mail) -> list[tuple[str, str]]:
    return [
        ("From", address(mail.from_, "from")),
        ("To", address(mail.to, "to")),
        ("Subject", unstructured(guard(mail.subject), 9) or " "),
        ("Date", date(mail.at)),
        ("Message-ID", message_id(mail)),
        ("List-Unsubscribe", _list_unsubscribe(mail)),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click" if mail.unsubscribe_url else ""),
        ("List-Id", _list_id(mail)),
        ("Feedback-ID", _token(mail.feedback_id)),
        *[(_name(name), unstructured(guard(value), len(name) + 2)) for name, value in mail.headers.items()],
        ("MIME-Version", "1.0"),
    ]


def _name(name: str) -> str:
    if not HEADER_NAME.fullmatch(name) or name.lower() in OURS:
        raise BadInput(
            f"The header {name[:40]!r} cannot be set.", at="headers", hint="Choose a name beginning with X-."
        )
    return name


def date(at: datetime) -> str:
    """RFC 5322 date in UTC."""
    utc = at.astimezone(UTC)
    return f"{DAYS[utc.weekday()]}, {utc.day} {MONTHS[utc.month - 1]} {utc:%Y %H:%M:%S} +0000"


@lru_cache(maxsize=4096)
def address(who: Address, at: str) -> str:
    """`Name <box@domain>`, the name quoted or encoded as it needs."""
    box, name = mailbox(who.email, at), guard(who.name)
    if not name:
        return f"<{box}>"
    if ATOM.fullmatch(name) and "=?" not in name and len(name) < LINE:
        return f"{name}\r\n <{box}>" if len(name) + len(box) > 66 else f"{name} <{box}>"
    if PLAIN.fullmatch(name) and "=?" not in name and len(name) < LINE:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"\r\n <{box}>' if len(name) + len(box) > 62 else f'"{escaped}" <{box}>'
    return f"{_words(name)}\r\n <{box}>"


def unstructured(text: str, used: int) -> str:
    """A header text, folded; beyond ASCII as encoded words (RFC 2047). `used` letters stand before it."""
    if not PLAIN.fullmatch(text) or "=?" in text:
        return _words(text)
    if len(text) + used <= LINE:
        return text
    return _folded(text, used)


def _folded(text: str, used: int) -> str:
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        if len(word) > LINE - 2:
            return _words(text)
        room = LINE - (used if not lines else 1)
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def _words(text: str) -> str:
    """Base64 encoded words, none splitting a character."""
    out: list[str] = []
    chunk: list[str] = []
    size = 0
    for letter in text:
        width = len(letter.encode())
        if size + width > WORD_BYTES:
            out.append("".join(chunk))
            chunk, size = [], 0
        chunk.append(letter)
        size += width
    out.append("".join(chunk))
    return "\r\n ".join(
        f"=?utf-8?b?{binascii.b2a_base64(w.encode(), newline=False).decode()}?=" for w in out if w
    )


def _list_unsubscribe(mail: Mail) -> str:
    ways = []
    if mail.unsubscribe_url:
        ways.append(_url(mail.unsubscribe_url))
    if mail.unsubscribe_email:
        ways.append(
            f"mailto:{mailbox(mail.unsubscribe_email, 'unsubscribe')}?subject=unsubscribe%20{mail.id}"
        )
    return ",\r\n ".join(f"<{way}>" for way in ways)


def _url(url: str) -> str:
    if not re.fullmatch(r"https?://[!-;=?-~]{1,900}", url):
        raise BadInput(
            "The unsubscribe link is not a web address.", at="unsubscribe_url", hint="Use https://…"
        )
    return url


def _list_id(mail: Mail) -> str:
    if not mail.list_id:
        return ""
    name = guard(mail.list_name)
    shown = (
        (unstructured(name, 9) if not ATOM.fullmatch(name) or len(name) > 40 else name) + "\r\n "
        if name
        else ""
    )
    if shown and PLAIN.fullmatch(name) and not ATOM.fullmatch(name):
        shown = '"' + name.replace("\\", "").replace('"', "")[:60] + '"\r\n '
    return f"{shown}<{_token(mail.list_id)}>"


def _token(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._:-]+", "-", UNSAFE.sub("", text))[:200]


def _part(kind: str, text: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    body = lines.encode("utf-8", "replace").translate(None, CONTROLS)
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    encoding, written = _encoded(body)
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + written.rstrip(b"\r\n") + b"\r\n"


def _travels(body: bytes) -> bool:
    """No line that servers fold, quote or trim on the way, which would break the signature."""
    whole = b"\r\n" + body
    return not any(part in whole for part in MANGLED) and max(map(len, body.split(b"\r\n"))) <= LONGEST_LINE


def _encoded(body: bytes) -> tuple[str, bytes]:
    """As it is where it may travel so; else quoted-printable, or base64 for other scripts, whichever is shorter."""
    if body.isascii() and _travels(body):
        return "7bit", body
    beyond = len(body) - len(body.translate(None, BEYOND))
    if beyond * 6 > len(body):
        lines = (binascii.b2a_base64(body[at : at + 57], newline=False) for at in range(0, len(body), 57))
        return "base64", b"\r\n".join(lines)
    return "quoted-printable", binascii.b2a_qp(body, istext=True)
