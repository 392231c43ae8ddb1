"""Addresses of the auditor's workspace; part of the namespace `workspace`."""

from django.urls import path

from .views import accesses, inspection

urlpatterns = [
    path("kiem-tra/", inspection.search, name="inspection"),
    path("kiem-tra/xuat/", inspection.export, name="export_inspection"),
    path("kiem-tra/mau/", inspection.sample, name="inspection_sample"),
    path("kiem-tra/mau/xuat/", inspection.export_sample, name="export_sample"),
    path("kiem-tra/ai-da-xem/", accesses.accesses, name="accesses"),
    path("kiem-tra/ai-da-xem/xuat/", accesses.export, name="export_accesses"),
    path("kiem-tra/so-cai/<int:pk>/", inspection.entry, name="ledger_entry"),
    path("phieu/<int:pk>/luc/", inspection.card_then, name="card_then"),
]
