from django.urls import path

from kpi_cms.interfaces.reporting import views

app_name = "reporting"
urlpatterns = [
    path("phieu/<int:pk>/mau-01/", views.form01, name="form01"),
    path("phieu/<int:pk>/bang-chung/", views.card_bundle, name="card_bundle"),
]
