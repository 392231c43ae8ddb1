"""Composition root: which door stands at which address."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language
from wagtail.admin import urls as wagtailadmin_urls

from criteria_pages.admin_door import guarded_page_urls
from kpi_cms.foundation.access.admin_door import guarded_admin_urls
from kpi_cms.foundation.core import views as core_views
from kpi_cms.interfaces.workspace.views import gallery

urlpatterns: list[URLPattern | URLResolver] = [
    path("suc-khoe/", core_views.health, name="health"),
    path("ngon-ngu/", set_language, name="set_language"),
    path("tai-khoan/", include("kpi_cms.foundation.accounts.urls")),
    path("admin/", include(guarded_admin_urls(guarded_page_urls(wagtailadmin_urls.urlpatterns)))),
    path("so-tay/", include("criteria_pages.handbook.urls")),
    path("in/", include("kpi_cms.interfaces.reporting.urls")),
    path("tac-dong/", include("kpi_cms.interfaces.impact.urls")),
    path("", include("kpi_cms.interfaces.workspace.urls")),
]

if settings.DEBUG or settings.TESTING:
    urlpatterns.append(path("cac-thanh-phan/", gallery.show, name="gallery"))
