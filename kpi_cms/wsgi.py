"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

from kpi_cms.foundation.core.plans import keep_plans

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpi_cms.settings.production")
application = get_wsgi_application()
keep_plans()
