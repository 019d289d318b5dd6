"""Which address leads to which page."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from cadenza.web import (
    api,
    design,
    people,
    privacy_pages,
    rejected,
    settings_pages,
    settings_privacy,
    settings_sender,
    welcome,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *welcome.urls,
    *design.urls,
    *people.urls,
    *privacy_pages.urls,
    *settings_pages.urls,
    *settings_sender.urls,
    *settings_privacy.urls,
    *rejected.urls,
    path("account/", include("allauth.urls")),
    path("api/v1/", api.api.urls),
]
