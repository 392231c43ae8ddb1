"""Addresses that another room may serve: a link is drawn where the address exists."""

from typing import Any

from django.urls import NoReverseMatch, reverse


def optional_url(name: str, *args: Any) -> str:
    """The address of a named page, or "" where this installation has none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
