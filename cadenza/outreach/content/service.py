"""Write, keep and preview templates, and render them for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from importlib import resources
from typing import Any

import nh3

from cadenza.base import clock, database
from cadenza.base.ids import ProfileId, TemplateId, WorkspaceId, new_id
from cadenza.base.problem import Conflict, NotFound
from cadenza.cdp.profiles import service as profiles
from cadenza.cdp.profiles.types import Profile
from cadenza.outreach.content import models
from cadenza.outreach.content.check import Findings
from cadenza.outreach.content.check import check as checked
from cadenza.outreach.content.compile import compile as compile_draft
from cadenza.outreach.content.discover import discover
from cadenza.outreach.content.render import render as render_one
from cadenza.outreach.content.types import (
    PURPOSE,
    Advice,
    Compiled,
    Draft,
    Link,
    Preview,
    Rendered,
    Skipped,
    Starter,
    Template,
    Variable,
    Ways,
)
from cadenza.outreach.content.vocabulary import vocabulary
from cadenza.trust.accounts import service as accounts
from cadenza.trust.accounts.types import Workspace
from cadenza.trust.privacy import service as privacy
from cadenza.trust.privacy.types import Read

LANGUAGE = "en"
SAFE_TAGS = set(nh3.ALLOWED_TAGS) | {"center", "font", "img"}


def variables(workspace: WorkspaceId) -> list[Variable]:
    """Every name a template may use, for the editor; those outside of the purpose are marked by their category."""
    return sorted(_known(workspace).values(), key=lambda variable: variable.path)


def permitted(workspace: WorkspaceId) -> list[Variable]:
    """The names that may be used without extending the purpose first."""
    allowed = privacy.allowed(workspace, PURPOSE)
    return [one for one in variables(workspace) if one.category is None or one.category in allowed]


def advise(workspace: WorkspaceId, draft: Draft) -> tuple[Advice, ...]:
    """What could be better. Raises BadInput, as `save` does, where it may not be saved at all."""
    findings = _findings(workspace, draft)
    compile_draft(draft)
    return findings.advice


def save(
    workspace: WorkspaceId, draft: Draft, template: TemplateId | None = None, seen: int | None = None
) -> Template:
    """A new version of a template, or a new template.

    `seen` is the version that the writer began from: Conflict where somebody saved another meanwhile.
    Raises BadInput naming part, line and way out: unknown variable, data outside of purpose I.10, broken MJML.
    """
    findings = _findings(workspace, draft)
    database.lock(workspace, f"template:{template}")
    row = _row(workspace, template) if template else _new(workspace)
    if seen is not None and seen != row.version:
        raise Conflict(
            f"Somebody saved version {row.version} meanwhile.",
            at="version",
            hint="Reload, and write your change again.",
        )
    row.title, row.topic, row.updated_at = draft.name.strip(), draft.topic, clock.now()
    row.version += 1
    reads = frozenset(variable.path for variable, _ in findings.reads)
    _keep(row, draft, compile_draft(draft, TemplateId(row.id), row.version, reads, LANGUAGE))
    row.save()
    return _template(row, draft)


def _new(workspace: WorkspaceId) -> models.Template:
    return models.Template(id=new_id(), workspace_id=workspace, purpose=PURPOSE, created_at=clock.now())


def _keep(row: models.Template, draft: Draft, compiled: Compiled) -> None:
    models.Version.objects.create(
        workspace_id=row.workspace_id,
        template=row.id,
        number=row.version,
        subject=draft.subject,
        preheader=draft.preheader,
        mjml=draft.mjml,
        text_override=draft.text_override,
        skip_missing=draft.skip_missing,
        html=compiled.html,
        text=compiled.text,
        links=[asdict(link) for link in compiled.links],
        reads=sorted(compiled.reads),
        created_at=row.updated_at,
    )


def _findings(workspace: WorkspaceId, draft: Draft) -> Findings:
    findings = checked(draft, _known(workspace))
    privacy.check(
        workspace,
        PURPOSE,
        [Read(variable.path, variable.category or "", str(use.place)) for variable, use in findings.reads],
    )
    return findings


def _known(workspace: WorkspaceId) -> Mapping[str, Variable]:
    return vocabulary(profiles.fields(workspace))


def duplicate(workspace: WorkspaceId, template: TemplateId) -> Template:
    """A copy to change, as a new template."""
    draft = one(workspace, template).draft
    return save(workspace, replace(draft, name=f"Copy of {draft.name}"[:120]))


def archive(workspace: WorkspaceId, template: TemplateId) -> None:
    """Put it away: it is offered no more. Campaigns that use it go on."""
    row = _row(workspace, template)
    row.archived_at = clock.now()
    row.save(update_fields=["archived_at"])


def restore(workspace: WorkspaceId, template: TemplateId) -> None:
    """Offer it again."""
    row = _row(workspace, template)
    row.archived_at = None
    row.save(update_fields=["archived_at"])


def one(workspace: WorkspaceId, template: TemplateId) -> Template:
    """A template as it stands; NotFound where there is none."""
    row = _row(workspace, template)
    return _template(row, _draft(row, _version(workspace, template, row.version)))


def all(workspace: WorkspaceId, archived: bool = False) -> list[Template]:
    """The templates, last changed first."""
    rows = list(
        models.Template.objects.filter(workspace_id=workspace, archived_at__isnull=not archived).order_by(
            "-updated_at"
        )
    )
    found = models.Version.objects.filter(workspace_id=workspace, template__in=[row.id for row in rows])
    found = found.order_by("template", "-number").distinct("template").defer("html", "text")
    newest = {version.template: version for version in found}
    return [_template(row, _draft(row, newest[row.id])) for row in rows]


def _row(workspace: WorkspaceId, template: TemplateId) -> models.Template:
    row = models.Template.objects.filter(workspace_id=workspace, id=template).first()
    if not row:
        raise NotFound("There is no such template.", hint="See the list of templates.")
    return row


def _version(workspace: WorkspaceId, template: TemplateId, number: int) -> models.Version:
    found = models.Version.objects.filter(workspace_id=workspace, template=template, number=number).first()
    if not found:
        raise NotFound(f"This template has no version {number}.")
    return found


def _draft(row: models.Template, version: models.Version) -> Draft:
    return Draft(
        row.title,
        version.subject,
        version.mjml,
        version.preheader,
        version.text_override,
        row.topic,
        version.skip_missing,
    )


def _template(row: models.Template, draft: Draft) -> Template:
    workspace = WorkspaceId(row.workspace_id)
    return Template(
        TemplateId(row.id), workspace, row.version, draft, row.purpose, row.updated_at, row.archived_at
    )


def compiled(workspace: WorkspaceId, template: TemplateId, version: int | None = None) -> Compiled:
    """A version ready for rendering: the newest, or the one a campaign holds on to."""
    number = version or _row(workspace, template).version
    return _compiled(workspace, template, number)


@lru_cache(maxsize=128)
def _compiled(workspace: WorkspaceId, template: TemplateId, number: int) -> Compiled:
    kept = _version(workspace, template, number)  # never changes, so it may be remembered
    links = tuple(Link(**link) for link in kept.links)
    parts = (kept.subject, kept.preheader, kept.html, kept.text)
    return Compiled(template, number, *parts, links, frozenset(kept.reads), kept.skip_missing)


def contexts(
    workspace: WorkspaceId, compiled: Compiled, people: Sequence[ProfileId], campaign: str = ""
) -> dict[ProfileId, dict[str, Any]]:
    """What each person's message is filled with: only what the template reads. Who is gone is left out."""
    shop = _shop(accounts.workspace(workspace), campaign)
    known = profiles.many(workspace, people)
    reads = compiled.reads | _reads_of(compiled.subject)  # a campaign may have put its own subject in
    return {who: {**shop, "person": _person(person, reads)} for who, person in known.items()}


@lru_cache(maxsize=256)
def _reads_of(subject: str) -> frozenset[str]:
    paths = (use.path.split(".") for use in discover("subject", subject).uses)
    return frozenset(
        ".".join(path[: 3 if path[1:2] == ["traits"] else 2]) for path in paths if path[0] == "person"
    )


def _shop(workspace: Workspace, campaign: str) -> dict[str, Any]:
    shop = {"name": workspace.name, "url": workspace.website.rstrip("/"), "address": workspace.postal_address}
    return {
        "shop": shop,
        "campaign": {"name": campaign},
        "now": clock.now(),
        "@locale": LANGUAGE,
        "@time_zone": workspace.time_zone,
        "@currency": workspace.currency,
    }


def _person(person: Profile, reads: frozenset[str]) -> dict[str, Any]:
    """Values that are not known are not there at all, so that `default` and conditions see them as missing."""
    plain: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    for path in reads:
        name = path.removeprefix("person.")
        of, into, key = (
            (person.traits, traits, name.removeprefix("traits."))
            if name.startswith("traits.")
            else (person.__dict__, plain, name)
        )
        value = of.get(key)
        if value not in (None, ""):
            into[key] = value
    return plain | {"traits": traits}


# no workspace: all it needs comes with `compiled` and `context`
def render(compiled: Compiled, context: Mapping[str, Any], ways: Ways) -> Rendered | Skipped:
    """One person's message, or why there is none."""
    return render_one(compiled, context, ways)


def render_batch(
    workspace: WorkspaceId, compiled: Compiled, ways: Mapping[ProfileId, Ways], campaign: str = ""
) -> dict[ProfileId, Rendered | Skipped]:
    """The messages of many people, with the links that belong to each."""
    filled = contexts(workspace, compiled, list(ways), campaign)
    gone = Skipped("missing_person", "This person is not known any more.")
    return {
        who: render_one(compiled, filled[who], way) if who in filled else gone for who, way in ways.items()
    }


def preview(
    workspace: WorkspaceId, draft: Draft, profile: ProfileId | None = None, campaign: str = "Preview"
) -> Preview:
    """What a person would get from this draft, saved or not; without a person, from the examples.

    Raises BadInput where it could not be saved. `safe_html` may stand in a page, `html` in a sandboxed frame only.
    """
    findings = _findings(workspace, draft)
    made = compile_draft(
        draft, reads=frozenset(variable.path for variable, _ in findings.reads), lang=LANGUAGE
    )
    context = _example(workspace, made, campaign)
    if profile is not None:
        found = contexts(workspace, made, [profile], campaign)
        if profile not in found:
            raise NotFound("This person is not known any more.", at="profile", hint="Choose another person.")
        context = found[profile]
    ways = Ways(unsubscribe_url="#unsubscribe", view_url="#view")
    rendered = render_one(made, context, ways)
    if isinstance(rendered, Skipped):
        return Preview(profile, "", "", "", "", "", rendered, findings.advice)
    shown = (rendered.subject, rendered.preheader, rendered.html, safe(rendered.html), rendered.text)
    return Preview(profile, *shown, None, findings.advice)


def _example(workspace: WorkspaceId, compiled: Compiled, campaign: str) -> dict[str, Any]:
    person: dict[str, Any] = {"traits": {}}
    for path in compiled.reads:
        variable = _known(workspace)[path]
        into = person["traits"] if path.startswith("person.traits.") else person
        into[path.rsplit(".", 1)[-1]] = variable.example or variable.label
    return {**_shop(accounts.workspace(workspace), campaign), "person": person}


# no workspace: a pure change of the text it is given
def safe(html: str) -> str:
    """The same mail with nothing that could act: for showing inside our own pages."""
    return nh3.clean(
        html,
        tags=SAFE_TAGS,
        clean_content_tags={"script", "style", "title", "head"},
        attributes={
            "*": {"style", "align", "width", "height", "bgcolor", "class"},
            "a": {"href", "title"},
            "img": {"src", "alt"},
        },
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )


# no workspace: the same for everyone
def starters() -> tuple[Starter, ...]:
    """Ready-made templates to begin from."""
    return tuple(_starter(*told) for told in STARTERS)


def _starter(key: str, title: str, description: str, subject: str, preheader: str) -> Starter:
    mjml = (resources.files("cadenza.outreach.content") / "starters" / f"{key}.mjml").read_text("utf-8")
    return Starter(key, title, description, Draft(title, subject, mjml, preheader))


STARTERS = (
    (
        "announcement",
        "Announcement",
        "One piece of news, told calmly: a headline, a picture, a paragraph and one button.",
        "{{ person.first_name | default: 'Hello' }}, here is what is new at {{ shop.name }}",
        "A short note about what we have been working on.",
    ),
    (
        "product_highlight",
        "Product highlight",
        "One product in the light, three reasons for it, and two more below.",
        "{{ person.first_name | default: 'Hello' }}, meet our favourite of the month",
        "Three reasons why we like it, and where to find it.",
    ),
    (
        "win_back",
        "Win back",
        "A warm word for people who have not been around for a while.",
        "We saved your place, {{ person.first_name | default: 'friend' }}",
        "It has been a while. Here is what you may have missed.",
    ),
)
