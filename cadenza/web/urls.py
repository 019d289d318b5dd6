"""Which address leads to which page."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from cadenza.web import (
    api,
    campaign_report,
    campaigns,
    dashboard,
    design,
    doors,
    health,
    imports,
    mailbox,
    people,
    person_card,
    privacy_pages,
    rejected,
    segments,
    settings_collection,
    settings_events,
    settings_fields,
    settings_identity,
    settings_pages,
    settings_privacy,
    settings_sender,
    templates_pages,
    welcome,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *welcome.urls,
    *health.urls,
    *dashboard.urls,
    *campaign_report.urls,
    *design.urls,
    *people.urls,
    *person_card.urls,
    *segments.urls,
    *imports.urls,
    *privacy_pages.urls,
    *settings_pages.urls,
    *settings_events.urls,
    *settings_collection.urls,
    *settings_sender.urls,
    *settings_privacy.urls,
    *settings_fields.urls,
    *settings_identity.urls,
    *rejected.urls,
    *templates_pages.urls,
    *mailbox.urls,
    *campaigns.urls,
    path("account/", include("allauth.urls")),
    path("api/v1/", api.api.urls),
    *doors.urls,
]
