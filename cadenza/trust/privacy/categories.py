"""The vocabulary of data categories: personal fields, event properties and purposes use these words alone."""

from __future__ import annotations

TITLES = {
    "behaviour.catalog": "Products and categories viewed",
    "behaviour.lists": "Cart and wish lists",
    "behaviour.other": "Other actions",
    "behaviour.session": "Visits and sessions",
    "behaviour.similar_people": "Behaviour of similar people",
    "behaviour.site": "Pages and screens visited",
    "behaviour.source": "Where a visit came from",
    "behaviour.trigger": "Actions that start a message",
    "channel.credentials": "Credentials of a sending channel",
    "company.name": "Company name",
    "consent.subscriptions": "Consents and subscriptions",
    "contact.email": "E-mail address",
    "contact.phone": "Phone number",
    "contact.point": "Contact point (an address in one channel)",
    "content.comment": "Comments and free text",
    "custom.fields": "Custom fields",
    "device.browser": "Browser",
    "device.ip": "IP address",
    "device.push": "Push token of a device",
    "device.type": "Kind of device",
    "employee.access": "Access rights of an employee",
    "employee.id": "Identity of an employee",
    "employee.login": "Login of an employee",
    "employee.password": "Password of an employee (as a hash)",
    "engagement.messages": "Opens, clicks and replies to messages",
    "engagement.rates": "Rates of opens and clicks",
    "identity.app": "App installation",
    "identity.card_hash": "Hash of a bank card",
    "identity.internal": "Internal and external customer number",
    "identity.order_number": "Order number",
    "identity.web": "Web visitor number",
    "lead.form": "Answers in a lead form",
    "location.area": "Country, region and city",
    "loyalty.programme": "Loyalty programme",
    "message.labels": "Labels of a message",
    "orders.history": "Orders",
    "person.birth_date": "Date of birth",
    "person.gender": "Gender",
    "person.name": "Name",
    "prediction.propensity": "Predicted propensity to buy",
    "prediction.recommendations": "Recommended products",
    "prediction.send_time": "Predicted best time to send",
    "profile.registered_at": "Date of registration",
    "segments.membership": "Segments",
}


def categories() -> frozenset[str]:
    """Every word of the vocabulary."""
    return frozenset(TITLES)


def title_of(category: str) -> str:
    """What a person would call a category."""
    return TITLES.get(category, category)
