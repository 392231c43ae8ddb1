"""Addresses of periods, progress and history; part of the namespace `workspace`."""

from django.urls import path

from .views import audit, fit, jobs, ledger, periods, progress

urlpatterns = [
    path("ky/", periods.index, name="periods"),
    path("ky/<int:pk>/", periods.show, name="period"),
    path("ky/<int:pk>/con-thieu/", periods.missing, name="period_missing"),
    path("ky/<int:pk>/danh-sach/<slug:group>/", periods.names, name="period_names"),
    path("ky/<int:pk>/danh-sach/<slug:group>/excel/", periods.export_names, name="period_names_export"),
    path("ky/<int:pk>/bo-tieu-chi/", periods.versions, name="period_versions"),
    path("ky/<int:pk>/mo/", periods.open_period, name="period_open"),
    path("ky/<int:pk>/thoi-han/", periods.deadlines, name="period_deadlines"),
    path("ky/<int:pk>/danh-muc/", periods.catalogues, name="period_catalogues"),
    path("ky/<int:pk>/dong/", periods.close, name="period_close"),
    path("viec-nen/<uuid:pk>/", jobs.show, name="job"),
    path("viec-nen/<uuid:pk>/trang-thai/", jobs.state, name="job_state"),
    path("tien-do/", progress.index, name="progress"),
    path("tien-do/<str:code>/", progress.unit, name="progress_unit"),
    path("muc-do-phu-hop/", fit.index, name="fit"),
    path("muc-do-phu-hop/excel/", fit.export, name="export_fit"),
    path("lich-su/", audit.index, name="history"),
    path("lich-su/<str:code>/", audit.unit, name="unit_history"),
    path("so-ghi/", ledger.index, name="ledger"),
    path("so-ghi/toan-bo/", ledger.everything, name="ledger_everything"),
    path("so-ghi/phieu/<int:pk>/", ledger.card, name="ledger_card"),
    path("so-ghi/<str:code>/", ledger.unit, name="ledger_unit"),
    path("phieu/<int:pk>/lich-su/", audit.card, name="card_history"),
]
