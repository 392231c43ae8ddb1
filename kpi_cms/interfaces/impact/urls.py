"""Addresses of the effect of a draft."""

from django.urls import path

from . import views

app_name = "impact"
urlpatterns = [
    path("<int:page_id>/", views.show, name="show"),
    path("<int:page_id>/xuat/", views.export, name="export"),
]
