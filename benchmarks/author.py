"""What an author of criteria sets waits for: the editing page of a set of five sections and thirty criteria, and its
issue."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse

from benchmarks.measure import Figure, figure
from criteria_pages.demonstration import ND335_NV
from criteria_pages.demonstration.sets import DECREE, block, documents
from criteria_pages.domain.publishing import publish
from criteria_pages.domain.setup import criteria_index
from criteria_pages.domain.templates import TEMPLATES
from criteria_pages.models import CriteriaSetPage
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import database_now

CODE = "SOAN"
SECTIONS, CRITERIA = 5, 6
REPEATS = 10


def _criterion(section: str, number: int) -> dict[str, Any]:
    """As a criterion of Decree 335, its guidance included: what an author really has on the page."""
    made = deepcopy(ND335_NV.fields["parts"][0]["value"]["sections"][0]["value"]["criteria"][0])
    code = f"{section}.{number}"
    made["id"] = block(CODE, "criterion", f"criterion/{code}", {})["id"]
    made["value"] |= {"code": code, "label": f"Tiêu chí {code}"}
    return made


def _page() -> CriteriaSetPage:
    fields = deepcopy(next(template.fields for template in TEMPLATES if template.key == "blank"))
    part = fields["parts"][0]["value"]
    empty = part["sections"][0]["value"]
    part["sections"] = []
    for name in ("I", "II", "III", "IV", "V"):
        criteria = [_criterion(name, number) for number in range(1, CRITERIA + 1)]
        total = sum(Decimal(str(each["value"]["maximum"])) for each in criteria)
        value = {**empty, "code": name, "label": f"Nhóm {name}", "criteria": criteria, "maximum": str(total)}
        part["sections"].append(block(CODE, "section", f"section/{name}", value))
    total = sum(Decimal(section["value"]["maximum"]) for section in part["sections"])
    part["maximum"], fields["total_max"] = str(total), total
    return CriteriaSetPage(
        title="Bộ đo trang soạn",
        code=CODE,
        live=False,
        **{
            **fields,
            "staff_kinds": ["vien_chuc"],
            "effective_on": date(2026, 7, 1),
            "legal_basis": documents(CODE, (*DECREE, "")),
        },
    )


def figures() -> list[Figure]:
    """Of the role that a web server has, as policy staff."""
    author = User.objects.get(username="chinh-sach")
    page = _page()
    criteria_index().add_child(instance=page)
    page.save_revision(clean=False)
    client = Client()
    client.force_login(author)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])

    def edit() -> None:
        response = client.get(address)
        assert response.status_code == 200, response.status_code

    number = {"turn": 0}

    def issue() -> None:
        number["turn"] += 1
        draft = page.get_latest_revision_as_object()
        draft.effective_on = date(2026, 7, 1) + timedelta(days=number["turn"])
        draft.save_revision(clean=False)
        publish(actor=author, moment=database_now(), page=page)

    return [
        figure("edit a set of 30 criteria", edit, repeats=REPEATS),
        figure("issue it", issue, repeats=REPEATS),
    ]
