"""Form parts: a label, a control, a hint and what is wrong, joined for eyes and screen readers alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.forms.boundfield import BoundField
from django.forms.utils import flatatt
from django.template.loader import get_template

register = template.Library()

OWN = ("hint", "error", "problem", "optional", "prefix", "suffix", "icon", "hide_label", "width", "id")


def flat(attributes: Mapping[str, Any]) -> str:
    """hx_get="/x" → ` hx-get="/x"`; True stands alone; None and False are left out."""
    given = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    return flatatt({name: value for name, value in given.items() if value is not None})


def _wrong(name: str, own: Mapping[str, Any]) -> str:
    """The error of this control: said outright, or a Problem whose `at` is its name."""
    if own.get("error"):
        return str(own["error"])
    refusal = own.get("problem")
    if refusal is None or getattr(refusal, "at", None) != name:
        return ""
    return " ".join(part for part in (refusal.detail, refusal.hint) if part)


def _control(part: str, name: str, label: str, more: dict[str, Any], **context: Any) -> str:
    own = {key: more.pop(key) for key in OWN if key in more}
    key = own.pop("id", None) or f"field-{name}"
    wrong = _wrong(name, own)
    told = [f"{key}-hint"] * bool(own.get("hint")) + [f"{key}-error"] * bool(wrong)
    if told:
        more["aria-describedby"] = " ".join(told)
    if wrong:
        more["aria-invalid"] = "true"
    given = {**own, **context, "part": part, "name": name, "label": label, "id": key, "wrong": wrong}
    return get_template("parts/control.html").render(
        {**given, "attributes": flat(more), "required": more.get("required")}
    )


@register.simple_tag(name="input")
def input_(name: str, label: str, value: Any = "", type: str = "text", **more: Any) -> str:
    """One line of text. More: hint, error, problem, optional, prefix, suffix, icon, hide_label, width,
    and any attribute with _ for - (required=True, hx_get="/x", placeholder="…")."""
    return _control("input", name, label, more, value="" if value is None else value, type=type)


@register.simple_tag
def textarea(name: str, label: str, value: Any = "", **more: Any) -> str:
    """Several lines of text. More as for input, and mono=True for code."""
    return _control("textarea", name, label, more, value=value or "", mono=more.pop("mono", False))


@register.simple_tag
def select(name: str, options: Iterable[Any], value: Any = "", label: str = "", **more: Any) -> str:
    """A choice of many. Options: text, (value, label) or {value, label, disabled}."""
    return _control("select", name, label, more, options=_options(options, value))


@register.simple_tag
def radios(name: str, options: Iterable[Any], value: Any = "", label: str = "", **more: Any) -> str:
    """A choice of few, each with a hint. Options as for select, with hint and icon."""
    return _control("radios", name, label, more, options=_options(options, value))


@register.simple_tag
def segmented(name: str, options: Iterable[Any], value: Any = "", label: str = "", **more: Any) -> str:
    """A choice of two to five short words. Options with href are links, else radio buttons."""
    found = _options(options, value)
    links = any(option.get("href") for option in found)
    context = {"name": name, "options": found, "label": label, "links": links, "attributes": flat(more)}
    return get_template("parts/segmented.html").render(context)


@register.simple_tag
def checkbox(name: str, label: str, checked: bool = False, value: str = "on", **more: Any) -> str:
    """Yes or no, sent with the form."""
    return _control("checkbox", name, label, more, checked=checked, value=value)


@register.simple_tag
def switch(name: str, label: str, checked: bool = False, value: str = "on", **more: Any) -> str:
    """On or off, at once (with hx_post) or with the form."""
    return _control("switch", name, label, more, checked=checked, value=value)


@register.simple_tag
def search(name: str = "q", value: Any = "", label: str = "Search", **more: Any) -> str:
    """A search box; the label is read out and stands as the placeholder."""
    given = {"placeholder": label, "icon": "search", "hide_label": True, "autocomplete": "off", **more}
    return _control("input", name, label, given, value=value or "", type="search")


@register.simple_tag
def dropzone(name: str, label: str = "Choose a file", accept: str = "", **more: Any) -> str:
    """A place to drop files or choose them. More: hint, error, problem, multiple, required."""
    return _control("dropzone", name, label, more | ({"accept": accept} if accept else {}))


@register.simple_tag
def field(bound: BoundField, label: str = "", **more: Any) -> str:
    """A field of a Django form with its label, help and errors."""
    key = bound.id_for_label or bound.auto_id
    told = [f"{key}-hint"] * bool(bound.help_text) + [f"{key}-error"] * bool(bound.errors)
    attributes = {name.replace("_", "-"): value for name, value in more.items()}
    if told:
        attributes["aria-describedby"] = " ".join(told)
    if bound.errors:
        attributes["aria-invalid"] = "true"
    kind = getattr(bound.field.widget, "input_type", "")
    widget = bound.as_widget(attrs=attributes)
    context = {"field": bound, "label": label or bound.label, "id": key, "kind": kind, "widget": widget}
    return get_template("parts/field.html").render(context)


def _options(options: Iterable[Any], value: Any) -> list[dict[str, Any]]:
    """All spellings of an option as {value, label, chosen, …}."""
    return [_option(option, value) for option in options]


def _option(option: Any, chosen: Any) -> dict[str, Any]:
    match option:
        case Mapping():
            found = dict(option)
        case (value, label):
            found = {"value": value, "label": label}
        case word:
            found = {"value": word, "label": word}
    return {**found, "chosen": str(found.get("value", "")) == str(chosen)}
