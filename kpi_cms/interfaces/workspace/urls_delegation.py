"""Addresses of delegation; part of the namespace `workspace`."""

from django.urls import path

from .views import delegation

urlpatterns = [
    path("uy-quyen/", delegation.delegations, name="delegations"),
    path("uy-quyen/moi/", delegation.delegate, name="delegate"),
    path("uy-quyen/<int:pk>/cham-dut/", delegation.end_delegation, name="end_delegation"),
]
