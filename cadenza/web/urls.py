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
    imports,
    mailbox,
    people,
    privacy_pages,
    rejected,
    segments,
    settings_pages,
    settings_privacy,
    settings_sender,
    templates_pages,
    welcome,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *welcome.urls,
    *dashboard.urls,
    *campaign_report.urls,
    *design.urls,
    *people.urls,
    *segments.urls,
    *imports.urls,
    *privacy_pages.urls,
    *settings_pages.urls,
    *settings_sender.urls,
    *settings_privacy.urls,
    *rejected.urls,
    *templates_pages.urls,
    *mailbox.urls,
    *campaigns.urls,
    path("account/", include("allauth.urls")),
    path("api/v1/", api.api.urls),
    *doors.urls,
]
