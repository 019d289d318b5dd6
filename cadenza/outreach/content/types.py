"""The nouns of what is written: a template, its compiled form, and what comes out for one person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cadenza.base.ids import ProfileId, TemplateId, WorkspaceId

PURPOSE = "I.10"  # e-mail campaigns, the only purpose a template of this module is written for
TOPIC = "newsletter"
LONGEST_MJML = 512_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a template something stands: `mjml`, line 12, column 5."""

    part: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.part} line {self.line}"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a marketer writes. `skip_missing` leaves a person out when a variable without `default` is unknown."""

    name: str
    subject: str
    mjml: str
    preheader: str = ""
    text_override: str = ""
    topic: str = TOPIC
    skip_missing: bool = True


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it stands now; `version` counts what was ever saved."""

    id: TemplateId
    workspace: WorkspaceId
    version: int
    draft: Draft
    purpose: str
    updated_at: datetime
    archived_at: datetime | None = None

    @property
    def name(self) -> str:
        return self.draft.name

    @property
    def subject(self) -> str:
        return self.draft.subject

    @property
    def topic(self) -> str:
        return self.draft.topic


@dataclass(frozen=True, slots=True)
class Variable:
    """A name a template may use. `category` is its data category, None where it says nothing about a person."""

    path: str
    label: str
    category: str | None = None
    kind: str = "text"
    example: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was written, numbered from 0 in the order of the mail; what reports count clicks by."""

    index: int
    url: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template version made ready for rendering: every part is Liquid, the HTML is final but for the data.

    `reads` are the personal variables it uses, such as `person.first_name`.
    """

    template: TemplateId | None
    version: int
    subject: str
    preheader: str
    html: str
    text: str
    links: tuple[Link, ...]
    reads: frozenset[str]
    skip_missing: bool = True


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that may be wrong but does not stop a template from being saved."""

    detail: str
    at: str
    hint: str = ""


def _same(_: int, url: str) -> str:
    return url


@dataclass(frozen=True, slots=True)
class Ways:
    """The addresses that belong to one message: how to leave, how to read it on the web, where clicks go.

    `link` gets a link's number and its address for this person and says what to write instead.
    `pixel_url` empty means: this person's opens are not measured.
    """

    unsubscribe_url: str
    view_url: str = ""
    pixel_url: str = ""
    link: Callable[[int, str], str] = _same


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to send. `links` are the addresses as this person got them, before tracking, by number."""

    subject: str
    preheader: str
    html: str
    text: str
    links: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """This person cannot get this message; `reason` is `missing_data` or `template_error`, `detail` says which."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What one person would see. `html` is for a sandboxed frame only; `safe_html` may stand in a page."""

    profile: ProfileId | None
    subject: str
    preheader: str
    html: str
    safe_html: str
    text: str
    skipped: Skipped | None = None
    advice: tuple[Advice, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Starter:
    """A ready-made template to begin from."""

    key: str
    title: str
    description: str
    draft: Draft
