"""Evidence: attach a file, hand one out, withdraw one."""

from django.urls import path

from .views import evidence

urlpatterns = [
    path(
        "phieu/<int:pk>/minh-chung/<str:criterion>/",
        evidence.AttachToCriterion.as_view(),
        name="attach_evidence",
    ),
    path("nhiem-vu/<int:pk>/minh-chung/", evidence.AttachToTask.as_view(), name="attach_to_task"),
    path("minh-chung/<uuid:key>/", evidence.download, name="evidence"),
    path("minh-chung/<uuid:key>/rut/", evidence.Withdraw.as_view(), name="withdraw_evidence"),
]
