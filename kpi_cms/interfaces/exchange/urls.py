"""Addresses of the imports inside the Wagtail admin."""

from django.urls import path

from .views import catalogue, people, sets

app_name = "exchange"
urlpatterns = [
    path("nhan-su/", people.upload, name="people"),
    path("nhan-su/mau/", people.template, name="people_template"),
    path("nhan-su/<uuid:pk>/", people.plan, name="people_plan"),
    path("nhan-su/<uuid:pk>/mat-khau/", people.passwords, name="people_passwords"),
    path("bo-tieu-chi/", sets.upload, name="criteria_set"),
    path("bo-tieu-chi/mau/", sets.template, name="criteria_set_template"),
    path("bo-tieu-chi/<str:set_code>/<int:number>/", sets.export, name="criteria_set_export"),
    path("danh-muc/", catalogue.upload, name="catalogue"),
    path("danh-muc/<uuid:pk>/", catalogue.plan, name="catalogue_plan"),
]
