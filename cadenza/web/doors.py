"""The modules' own doors: addresses that programs call beside `/api/v1`, from every module that has an `http.py`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern

urls: list[URLPattern] = [
    address
    for module in settings.MODULES
    if module in settings.INSTALLED_APPS and module != "cadenza.web" and find_spec(f"{module}.http")
    for address in import_module(f"{module}.http").urls
]
