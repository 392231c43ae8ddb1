"""Addresses of the keyhole; part of the namespace `workspace`."""

from django.urls import path

from .views import reopening

urlpatterns = [
    path("mo-lai/", reopening.index, name="reopenings"),
    path("mo-lai/<int:pk>/", reopening.answer, name="reopening"),
    path("phieu/<int:pk>/mo-lai/", reopening.ask, name="ask_reopening"),
    path("phieu/<int:pk>/quyet-dinh-lai/", reopening.decide, name="decide_anew"),
    path("phieu/<int:pk>/xac-nhan-lai/", reopening.EndorseAnew.as_view(), name="endorse_anew"),
    path("phieu/<int:pk>/nguoi-quyet-dinh-lai/", reopening.NameEvaluator.as_view(), name="name_evaluator"),
    path("phieu/<int:pk>/nguoi-xac-nhan/", reopening.NameEndorser.as_view(), name="name_endorser"),
    path("phieu/<int:pk>/xac-nhan-lai/tra-lai/", reopening.ReturnAnew.as_view(), name="return_anew"),
]
