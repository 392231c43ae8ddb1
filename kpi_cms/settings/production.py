"""A real installation, behind a proxy that terminates TLS. Refuses to start without its own key."""

import os

from django.core.exceptions import ImproperlyConfigured

from .base import *  # noqa: F403  (settings modules extend each other)
from .base import SECRET_KEY, environment_flag

if not SECRET_KEY:
    raise ImproperlyConfigured("Set KPI_SECRET_KEY to a long random text of this installation's own.")
if "DATABASE_URL" not in os.environ:
    raise ImproperlyConfigured("Set DATABASE_URL: production keeps its data in PostgreSQL 15 or later.")

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = environment_flag("KPI_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SESSION_COOKIE_NAME = "__Host-kpi_session"
CSRF_COOKIE_NAME = "__Host-kpi_csrf"
PROXY_COUNT = int(os.environ.get("KPI_PROXY_COUNT", "1"))
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains: the domain above is the province's, other services live there
    "security.W019",  # X-Frame-Options SAMEORIGIN: Wagtail previews a page in a frame of its own origin
    "security.W021",  # HSTS preload: the same domain
]
