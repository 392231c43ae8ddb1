"""Addresses of the access review; part of the namespace `workspace`."""

from django.urls import path

from .views import review

urlpatterns = [
    path("quyen/ra-soat/", review.index, name="review"),
    path("quyen/ra-soat/xuat/", review.export, name="export_review"),
    path("quyen/quy-tac/", review.rules, name="rules"),
    path("quyen/quy-tac/xuat/", review.export_rules, name="export_rules"),
    path("quyen/quy-tac/<slug:act>/", review.rule, name="rule"),
]
