"""From a customer node to what it tells of the customer: traits, subscriptions, and when it was so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from cadenza.base import text
from cadenza.connect.operations.identify import with_plus
from cadenza.connect.operations.types import CUSTOMER_FIELDS, Customer, Message, Wish

SEX = {"male": "male", "m": "male", "female": "female", "f": "female"}
CHANNELS = {"email": "email", "sms": "sms", "viber": "viber"}
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
PLAIN = {
    "email": "email", "firstName": "first_name", "lastName": "last_name",
    "middleName": "middle_name", "timeZone": "time_zone", "ianaTimeZone": "time_zone",
}  # fmt: skip
NEWSLETTER = "newsletter"
MOST_WISHES = 50


CONFIRMS = {"isEmailConfirmed": "email", "isMobilePhoneConfirmed": "phone"}


class Misfit(ValueError):
    """The value does not fit; the text says why, and `inside` where within it."""

    def __init__(self, why: str, inside: str = "") -> None:
        super().__init__(why)
        self.inside = inside


def understand(
    customer: Mapping[str, Any], accepts: tuple[str, ...], faults: list[Message], at: str
) -> Customer:
    """What the node tells; what does not fit, and what the operation does not accept, is told in `faults`."""
    traits: dict[str, Any] = {}
    places: dict[str, str] = {}
    for name, value in customer.items():
        if name not in accepts:
            known = (
                "is not accepted by this operation"
                if name in CUSTOMER_FIELDS
                else "is no field of a customer"
            )
            faults.append(Message(f"This {known}.", f"{at}/{name[:80]}"))
            continue
        try:
            told = _told(name, value)
        except Misfit as misfit:
            faults.append(Message(str(misfit), f"{at}/{name}{misfit.inside}"))
            continue
        traits |= told
        places |= {trait: f"{at}/{name}" + (f"/{trait}" if name == "customFields" else "") for trait in told}
    wishes = _wishes(customer.get("subscriptions"), faults, f"{at}/subscriptions")
    since = moment(customer.get("changeDateTimeUtc"), faults, f"{at}/changeDateTimeUtc")
    return Customer(traits, places, wishes, since, _confirmed(customer, accepts, faults, at))


def _told(name: str, value: Any) -> dict[str, Any]:
    if name in PLAIN:
        return {PLAIN[name]: _text(value) or None}
    return TOLD[name](value) if name in TOLD else {}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list | bool):
        raise Misfit("This is a text.")
    return str(value).strip()


def _phone(value: Any) -> dict[str, Any]:
    return {"phone": with_plus(_text(value)) or None}


def _full_name(value: Any) -> dict[str, Any]:
    first, _, last = _text(value).partition(" ")
    return {name: part for name, part in (("first_name", first), ("last_name", last.strip())) if part}


def _birth_date(value: Any) -> dict[str, Any]:
    told = _text(value)
    if not told:
        return {"birth_date": None}
    parts = told[:10].split(".")
    try:
        return {"birth_date": date.fromisoformat("-".join(reversed(parts)) if len(parts) == 3 else told[:10])}
    except ValueError:
        raise Misfit("A date is written like 1990-05-01.") from None


def _sex(value: Any) -> dict[str, Any]:
    told = _text(value).lower()
    if told and told not in SEX:
        raise Misfit("This is male or female.")
    return {"gender": SEX.get(told)}


def _area(value: Any) -> dict[str, Any]:
    """An area has a name, or an id of the shop's own, which says as much."""
    if not isinstance(value, dict):
        return {"region": _text(value) or None}
    ids = value.get("ids")
    other = next(iter(ids.values()), None) if isinstance(ids, dict) else None
    return {"region": _text(value.get("name")) or _text(other) or None}


def _custom(value: Any) -> dict[str, Any]:
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise Misfit("Custom fields are an object.")
    return {text.clean(name.strip(), 120): _field(name, one) for name, one in value.items() if name.strip()}


def _field(name: str, value: Any) -> Any:
    if isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(i, dict | list) for i in value)
    ):
        raise Misfit("A custom field is a single value or a list of single values.", f"/{name[:80]}")
    return plain(value)


def plain(value: Any) -> Any:
    """A value as profiles take it: numbers without the exactness that only money needs."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return [plain(one) for one in value] if isinstance(value, list) else value


def truth(value: Any) -> bool | None:
    """True or false, as JSON or XML write it; None for anything else."""
    return value if isinstance(value, bool) else BOOLEANS.get(str(value).strip().lower())


def _confirmed(
    customer: Mapping[str, Any], accepts: tuple[str, ...], faults: list[Message], at: str
) -> tuple[str, ...]:
    """The contacts that are said to be shown to be theirs; false says nothing, for what was shown stays so."""
    found = []
    for name, contact in CONFIRMS.items():
        if name not in customer or name not in accepts:
            continue
        if (known := truth(customer[name])) is None:
            faults.append(Message("This is true or false.", f"{at}/{name}"))
        elif known:
            found.append(contact)
    return tuple(found)


TOLD: dict[str, Callable[[Any], dict[str, Any]]] = {
    "mobilePhone": _phone, "fullName": _full_name, "birthDate": _birth_date, "sex": _sex, "area": _area,
    "customFields": _custom,
}  # fmt: skip


def _wishes(told: Any, faults: list[Message], at: str) -> tuple[Wish, ...]:
    if told in (None, ""):
        return ()
    if not isinstance(told, list) or len(told) > MOST_WISHES:
        faults.append(Message(f"Subscriptions are a list of at most {MOST_WISHES} objects.", at))
        return ()
    found = [_wish(one, faults, f"{at}/{index}") for index, one in enumerate(told)]
    return tuple(one for one in found if one)


def _wish(told: Any, faults: list[Message], at: str) -> Wish | None:
    if not isinstance(told, dict):
        faults.append(Message("A subscription is an object.", at))
        return None
    contact = str(told.get("pointOfContact") or "").strip().lower()
    if contact and contact not in CHANNELS:
        faults.append(Message(f"Known here are: {', '.join(CHANNELS)}.", f"{at}/pointOfContact"))
        return None
    asked = truth(told.get("isSubscribed", True))
    default = truth(told.get("valueByDefault") or False)
    if asked is None or default is None:
        faults.append(
            Message("This is true or false.", f"{at}/{'isSubscribed' if asked is None else 'valueByDefault'}")
        )
        return None
    topic = str(told.get("topic") or NEWSLETTER).strip()
    return Wish((CHANNELS[contact],) if contact else (), topic, asked, default, at)


def moment(told: Any, faults: list[Message], at: str) -> datetime | None:
    """A moment in UTC, where none says otherwise."""
    if told in (None, ""):
        return None
    try:
        found = datetime.fromisoformat(str(told).strip()[:40])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        faults.append(Message("A moment is written like 2026-05-01T12:00:00.000Z.", at))
        return None
