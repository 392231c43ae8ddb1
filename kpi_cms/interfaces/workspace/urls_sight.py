"""Addresses of who sees what; part of the namespace `workspace`."""

from django.urls import path

from .views import sight

urlpatterns = [
    path("phieu/<int:pk>/ai-xem/", sight.card_readers, name="card_readers"),
    path("quyen/cua-toi/", sight.own_account, name="own_sight"),
    path("quyen/tai-khoan/<str:username>/", sight.account, name="account_sight"),
    path("quyen/tai-khoan/<str:username>/xem-nhu/", sight.begin, name="view_as"),
    path("quyen/thoi-xem-nhu/", sight.end, name="view_as_end"),
]
