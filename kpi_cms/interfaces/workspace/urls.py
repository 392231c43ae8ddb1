from django.urls import include, path

from .views import (
    assigning,
    cards,
    collective,
    evaluation,
    feedback,
    home,
    naming,
    proposals,
    steps,
    task_actions,
    tasks,
    units,
)

DEDUCTION = "nhiem-vu/<int:pk>/tru/<slug:kind>/<int:deduction>/"

app_name = "workspace"
urlpatterns = [
    path("", home.home, name="home"),
    # Periods, progress, history, jobs
    path("", include("kpi_cms.interfaces.workspace.urls_periods")),
    # The auditor's workspace
    path("", include("kpi_cms.interfaces.workspace.urls_inspection")),
    # The keyhole
    path("", include("kpi_cms.interfaces.workspace.urls_reopening")),
    # Who sees what
    path("", include("kpi_cms.interfaces.workspace.urls_sight")),
    # Evidence
    path("", include("kpi_cms.interfaces.workspace.urls_evidence")),
    path("", include("kpi_cms.interfaces.workspace.urls_review")),
    path("", include("kpi_cms.interfaces.workspace.urls_delegation")),
    # Results of organisations
    path("", include("kpi_cms.interfaces.workspace.urls_unit_results")),
    # Cards
    path("phieu/", cards.cards, name="cards"),
    path("phieu/<int:pk>/", cards.card, name="card"),
    path("phieu/<int:pk>/vi-sao/<slug:stage>/", cards.trace, name="trace"),
    path("phieu/<int:pk>/gui/", steps.Submit.as_view(), name="submit"),
    path("phieu/<int:pk>/danh-gia/", evaluation.evaluate, name="evaluate"),
    path("phieu/<int:pk>/tap-the/", collective.score, name="collective"),
    path("phieu/<int:pk>/gui-tap-the/", collective.Send.as_view(), name="send_collective"),
    path("phieu/<int:pk>/xac-nhan/", steps.Confirm.as_view(), name="confirm"),
    path("phieu/<int:pk>/tra-lai/", steps.ReturnCard.as_view(), name="return_card"),
    path("phieu/<int:pk>/khong-tu-cham/", steps.TakeUp.as_view(), name="take_up"),
    path("phieu/<int:pk>/dong-y/", steps.Endorse.as_view(), name="endorse"),
    path("phieu/<int:pk>/xem-lai/", steps.ReturnEvaluation.as_view(), name="return_evaluation"),
    path("phieu/<int:pk>/can-cu-moi/", steps.AcceptBasis.as_view(), name="accept_basis"),
    path("phieu/<int:pk>/gop-y/", feedback.give, name="give_feedback"),
    path("phieu/<int:pk>/thong-bao/", steps.notify, name="notify"),
    # Evaluation and units
    path("nguoi-danh-gia/", naming.evaluators, name="evaluators"),
    path("nguoi-danh-gia/tap-the/", collective.name, name="name_collective"),
    path("danh-gia/", evaluation.evaluations, name="evaluations"),
    path("don-vi/", units.units, name="units"),
    path("don-vi/<str:code>/", units.unit, name="unit"),
    path("don-vi/<str:code>/thong-bao/", steps.notify_unit, name="notify_unit"),
    path("don-vi/<str:code>/nhiem-vu/", tasks.unit_tasks, name="unit_tasks"),
    path("don-vi/<str:code>/nhiem-vu/<int:period>/chia/", assigning.split, name="split_task"),
    # Tasks
    path("nhiem-vu/", tasks.tasks, name="tasks"),
    path("nhiem-vu/cho-quyet-dinh/", tasks.tasks_to_decide, name="tasks_to_decide"),
    path("nhiem-vu/nguoi/<int:person>/", tasks.person_tasks, name="person_tasks"),
    path("nhiem-vu/ky/<int:period>/de-xuat/", assigning.propose, name="propose_task"),
    path("nhiem-vu/ky/<int:period>/nguoi/<int:person>/giao/", assigning.assign, name="assign_task"),
    path("nhiem-vu/<int:pk>/", tasks.task, name="task"),
    path("nhiem-vu/<int:pk>/bao-cao/", task_actions.Report.as_view(), name="report_task"),
    path("nhiem-vu/<int:pk>/sua/", task_actions.Change.as_view(), name="change_task"),
    path("nhiem-vu/<int:pk>/xac-nhan/", task_actions.Confirm.as_view(), name="confirm_task"),
    path("nhiem-vu/<int:pk>/quyet-dinh/", proposals.Decide.as_view(), name="decide_task"),
    path("nhiem-vu/<int:pk>/san-pham/", proposals.NameProduct.as_view(), name="name_product"),
    path("nhiem-vu/<int:pk>/sai-sot/", task_actions.RecordFault.as_view(), name="record_fault"),
    path("nhiem-vu/<int:pk>/cham/", task_actions.RecordDelay.as_view(), name="record_delay"),
    path("nhiem-vu/<int:pk>/chuyen-giao/", task_actions.HandOver.as_view(), name="hand_over_task"),
    path("nhiem-vu/<int:pk>/dieu-chuyen/", task_actions.Move.as_view(), name="move_task"),
    path(f"{DEDUCTION}rut/", task_actions.WithdrawDeduction.as_view(), name="withdraw_deduction"),
    path(f"{DEDUCTION}nguyen-nhan/", task_actions.ConfirmCause.as_view(), name="confirm_cause"),
    path(f"{DEDUCTION}rut-nguyen-nhan/", task_actions.RevokeCause.as_view(), name="revoke_cause"),
]
