"""What the header of every workspace page offers its reader."""

from typing import Any

from django.http import HttpRequest


def workspace(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: navigation items and whether this is a demonstration."""
    return {"workspace_navigation": []}
