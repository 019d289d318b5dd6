"""Which kind of personal data a property probably is, told by its name; somebody who knows may say otherwise."""

from __future__ import annotations

# By dotted name or its beginning: what our own pipeline and the clients' libraries write.
_OURS = {
    "context.device.type": "device.type",
    "context.device.os": "device.type",
    "context.device.browser": "device.browser",
    "context.device.": "identity.app",
    "context.os.": "device.type",
    "context.app.": "identity.app",
    "context.geo.": "location.area",
    "context.campaign.": "behaviour.source",
    "context.click_id.": "behaviour.source",
    "context.page.": "behaviour.site",
    "context.bot": "behaviour.other",
    "context.library.": "behaviour.session",
    "context.locale": "location.area",
}

# The same for the processing register, which lists what our pipeline adds to any event.
DERIVED = {
    "context.device.type": "device.type",
    "context.device.os": "device.type",
    "context.device.browser": "device.browser",
    "context.geo.country": "location.area",
    "context.campaign": "behaviour.source",
    "context.click_id": "behaviour.source",
    "context.bot": "behaviour.other",
    "context.bot_reason": "behaviour.other",
}

# By the last part of the name: what tells who or where someone is, whatever the event.
_TELLING = {
    "contact.email": ("email", "emailaddress"),
    "contact.phone": ("phone", "phonenumber", "mobile"),
    "person.name": ("firstname", "lastname", "fullname", "middlename", "surname"),
    "person.gender": ("gender", "sex"),
    "person.birth_date": ("birthdate", "birthday", "dateofbirth"),
    "device.ip": ("ip", "ipaddress"),
    "device.browser": ("useragent",),
    "content.comment": ("comment", "comments"),
    "location.area": (
        "country", "region", "city", "address", "postcode", "postalcode", "zip", "latitude", "longitude", "street",
    ),
}  # fmt: skip
TELLING = {name: category for category, names in _TELLING.items() for name in names}


def guess(property: str) -> str | None:
    """The category that the name suggests, or None: then it is of the kind of its event."""
    if property in _OURS:
        return _OURS[property]
    found = next(
        (kind for start, kind in _OURS.items() if start[-1] == "." and property.startswith(start)), None
    )
    last = property.rpartition(".")[2].lower().replace("_", "").replace("-", "")
    return found or TELLING.get(last)
