from django.urls import path

from kpi_cms.interfaces.reporting import views

app_name = "reporting"
urlpatterns = [
    path("phieu/<int:pk>/mau-01/", views.form01, name="form01"),
    path("bo-tieu-chi/<int:page_id>/mau-01/", views.form01_preview, name="form01_preview"),
    path("phieu/<int:pk>/bang-chung/", views.card_bundle, name="card_bundle"),
    path("don-vi/<str:code>/ky/<int:period>/bang-chung/", views.unit_bundle, name="unit_bundle"),
    path(
        "don-vi/<str:code>/ky/<int:period>/bang-chung/tep/", views.unit_bundle_file, name="unit_bundle_file"
    ),
]
