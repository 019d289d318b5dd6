"""Which address leads to which page."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from cadenza.web import api, design, welcome

urlpatterns: list[URLPattern | URLResolver] = [
    *welcome.urls,
    *design.urls,
    path("account/", include("allauth.urls")),
    path("api/v1/", api.api.urls),
]
