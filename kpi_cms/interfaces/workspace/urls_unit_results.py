"""Addresses of the results of organisations; part of the namespace `workspace`."""

from django.urls import path

from .views import unit_results

urlpatterns = [
    path("ket-qua-to-chuc/", unit_results.unit_results, name="unit_results"),
    path("ket-qua-to-chuc/<int:pk>/", unit_results.unit_result, name="unit_result"),
    path("ket-qua-to-chuc/<int:pk>/thu-hoi/", unit_results.withdraw, name="withdraw_unit_result"),
]
