"""Where a request comes from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The address that the outermost of our own `PROXY_COUNT` proxies saw; None when nobody can tell.

    Each proxy adds the address it was called from at the end of `X-Forwarded-For`, or puts it in its place: what a
    client wrote there itself stands further to the left and is never read (security.md T42). Without a proxy of ours
    the header is not read at all.
    """
    written = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    count = settings.PROXY_COUNT
    seen = written[-count].strip() if 0 < count <= len(written) else ""
    return _valid(seen) or _valid(request.META.get("REMOTE_ADDR", ""))


def _valid(text: str) -> str | None:
    try:
        return str(ip_address(text))
    except ValueError:
        return None
