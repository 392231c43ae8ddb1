"""Catalogues through their domain: drafted, sent, returned, approved; products; the import."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, WrongState
from snippets.domain import catalogue as domain
from snippets.enums import Capability, CatalogueState, ProductScope
from snippets.models import Catalogue, Product
from tests.factories.snippets import CatalogueFactory, ProductFactory, UnitFactory, UserFactory, holder

pytestmark = pytest.mark.django_db

DECISION = {
    "decision_number": "12/QĐ-UBND",
    "decision_date": date(2026, 6, 20),
    "signer": "Nguyễn Văn Ký",
    "effective_on": date(2026, 7, 1),
}
PRODUCT = {
    "code": "DC1",
    "scope": ProductScope.SHARED,
    "duty": "Soạn thảo Kế hoạch",
    "work": "",
    "output": "Kế hoạch",
    "group": 2,
    "frame_low": Decimal(11),
    "frame_high": Decimal(50),
    "points": Decimal(12),
    "note": "",
}


# --- The workflow -------------------------------------------------------------------------------------------
def test_versions_are_numbered_for_each_unit(system, moment):
    unit, other = UnitFactory(code="XA1"), UnitFactory(code="XA2")

    made = [
        domain.create_catalogue(actor=system, moment=moment, unit=where, title=" Danh  mục ")
        for where in (unit, unit, other)
    ]

    assert [(item.unit.code, item.number, item.title, item.state) for item in made] == [
        ("XA1", 1, "Danh mục", "draft"),
        ("XA1", 2, "Danh mục", "draft"),
        ("XA2", 1, "Danh mục", "draft"),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "D" * 201}, "title"),
        ({"standard_points": Decimal(0)}, "standard_points"),
        ({"standard_points": Decimal("0.001")}, "standard_points"),
        ({"standard_points": Decimal(10_000)}, "standard_points"),
    ],
)
def test_a_catalogue_needs_a_title_and_a_standard_product(system, moment, changes, field):
    with pytest.raises(Invalid) as refused:
        domain.create_catalogue(
            actor=system, moment=moment, unit=UnitFactory(), **{"title": "Danh mục", **changes}
        )
    assert list(refused.value.problems) == [field]
    assert Catalogue.objects.count() == 0


def test_from_draft_to_approved(moment):
    unit = UnitFactory(code="XA")
    clerk = holder(unit, Capability.MANAGE_CATALOGUE)
    personnel = holder(unit, Capability.APPROVE_CATALOGUE)
    draft = domain.create_catalogue(actor=clerk, moment=moment, unit=unit, title="Danh mục")
    domain.add_product(actor=clerk, moment=moment, catalogue=draft, **PRODUCT)

    domain.send_catalogue(actor=clerk, moment=moment, catalogue=draft)
    domain.return_catalogue(actor=personnel, moment=moment, catalogue=draft, reason="Sửa mã DC1")
    domain.send_catalogue(actor=clerk, moment=moment, catalogue=draft)
    approved = domain.approve_catalogue(actor=personnel, moment=moment, catalogue=draft, **DECISION)

    assert (approved.state, approved.decision_number, approved.signer, approved.effective_on) == (
        CatalogueState.APPROVED,
        "12/QĐ-UBND",
        "Nguyễn Văn Ký",
        date(2026, 7, 1),
    )
    assert list(draft.history.order_by("history_id").values_list("state", "history_user_id")) == [
        ("draft", clerk.pk),
        ("sent", clerk.pk),
        ("draft", personnel.pk),
        ("sent", clerk.pk),
        ("approved", personnel.pk),
    ]
    assert [entry.act for entry in LedgerEntry.objects.order_by("pk")] == [
        Act.REGISTER_CHANGED,
        Act.REGISTER_CHANGED,
        Act.CATALOGUE_SENT,
        Act.CATALOGUE_RETURNED,
        Act.CATALOGUE_SENT,
        Act.CATALOGUE_APPROVED,
    ]
    assert "Nguyễn Văn Ký" not in str(list(draft.history.values())) + str(list(LedgerEntry.objects.values()))
    assert list(Catalogue.objects.in_force(date(2026, 6, 30))) == []
    assert list(Catalogue.objects.in_force(date(2026, 7, 1))) == [approved]


def test_saying_the_same_again_writes_nothing(system, moment):
    draft = CatalogueFactory()

    domain.change_catalogue(
        actor=system, moment=moment, catalogue=draft, title=draft.title, standard_points=Decimal(5)
    )
    domain.change_catalogue(
        actor=system, moment=moment, catalogue=draft, title="Tên khác", standard_points=Decimal(5)
    )

    assert draft.history.count() == 2
    with pytest.raises(Invalid) as refused:
        domain.create_catalogue(actor=system, moment=moment, unit=UnitFactory(closed=True), title="x")
    assert list(refused.value.problems) == ["unit"]


def steps(actor, moment, catalogue, product):
    """Every verb that changes a catalogue or its product."""
    common = {"actor": actor, "moment": moment}
    return {
        "change": lambda: domain.change_catalogue(
            catalogue=catalogue, title="Khác", standard_points=Decimal(5), **common
        ),
        "send": lambda: domain.send_catalogue(catalogue=catalogue, **common),
        "return": lambda: domain.return_catalogue(catalogue=catalogue, reason="x", **common),
        "approve": lambda: domain.approve_catalogue(catalogue=catalogue, **DECISION, **common),
        "add": lambda: domain.add_product(catalogue=catalogue, **PRODUCT, **common),
        "change product": lambda: domain.change_product(product=product, duty="Khác", **common),
        "remove product": lambda: domain.remove_product(product=product, **common),
    }


POSSIBLE = {
    "draft": {"change", "send", "add", "change product", "remove product"},
    "sent": {"return", "approve"},
    "approved": set(),
}


@pytest.mark.parametrize("state", sorted(POSSIBLE))
@pytest.mark.parametrize(
    "step", ["change", "send", "return", "approve", "add", "change product", "remove product"]
)
def test_which_step_is_possible_in_which_state(system, moment, state, step):
    """The whole table: an approved catalogue never changes."""
    traits = {} if state == "draft" else {state: True}
    catalogue = CatalogueFactory(**traits)
    product = ProductFactory(catalogue=catalogue)
    before = (Catalogue.objects.values().get(), list(Product.objects.values()))

    if step in POSSIBLE[state]:
        steps(system, moment, catalogue, product)[step]()
        assert (Catalogue.objects.values().get(), list(Product.objects.values())) != before
    else:
        with pytest.raises(WrongState):
            steps(system, moment, catalogue, product)[step]()
        assert (Catalogue.objects.values().get(), list(Product.objects.values())) == before


@pytest.mark.parametrize(
    ("capability", "allowed"),
    [
        (Capability.MANAGE_CATALOGUE, {"change", "send", "add", "change product", "remove product"}),
        (Capability.APPROVE_CATALOGUE, {"return", "approve"}),
        (Capability.MANAGE_PEOPLE, set()),
    ],
)
@pytest.mark.parametrize(
    "step", ["change", "send", "return", "approve", "add", "change product", "remove product"]
)
def test_who_may_take_which_step(moment, capability, allowed, step):
    catalogue = CatalogueFactory(sent=step in ("return", "approve"))
    product = ProductFactory(catalogue=catalogue)
    actor = holder(catalogue.unit, capability)

    if step in allowed:
        steps(actor, moment, catalogue, product)[step]()
    else:
        with pytest.raises(Refused):
            steps(actor, moment, catalogue, product)[step]()
    with pytest.raises(NotFound):
        steps(UserFactory(), moment, catalogue, product)[step]()


def test_what_a_step_needs(system, moment):
    empty, sent = CatalogueFactory(), CatalogueFactory(sent=True)

    with pytest.raises(WrongState):
        domain.send_catalogue(actor=system, moment=moment, catalogue=empty)
    with pytest.raises(Invalid) as refused:
        domain.return_catalogue(actor=system, moment=moment, catalogue=sent, reason=" ")
    assert list(refused.value.problems) == ["reason"]
    with pytest.raises(Invalid) as refused:
        domain.approve_catalogue(
            actor=system, moment=moment, catalogue=sent, **{**DECISION, "decision_number": "", "signer": " "}
        )
    assert list(refused.value.problems) == ["decision_number", "signer"]


def test_the_next_version_begins_with_the_same_products(system, moment):
    approved = CatalogueFactory(approved=True, number=3)
    products = [ProductFactory(catalogue=approved, code=code) for code in ("DC1", "DC2")]

    draft = domain.copy_catalogue(actor=system, moment=moment, catalogue=approved)

    assert (draft.number, draft.state, draft.decision_number) == (4, "draft", "")
    assert list(draft.products.values_list("code", "points", "coefficient")) == [
        (product.code, product.points, product.coefficient) for product in products
    ]
    assert approved.products.count() == 2


def test_another_standard_product_computes_every_coefficient_again(system, moment):
    draft = CatalogueFactory()
    ProductFactory(catalogue=draft, points=Decimal(5))

    domain.change_catalogue(
        actor=system, moment=moment, catalogue=draft, title=draft.title, standard_points=Decimal(4)
    )

    assert Product.objects.get().coefficient == Decimal("1.25")
    with pytest.raises(Invalid):
        domain.change_catalogue(
            actor=system, moment=moment, catalogue=draft, title=draft.title, standard_points=Decimal(-1)
        )


# --- Products -----------------------------------------------------------------------------------------------
def test_a_products_coefficient_is_computed_and_it_is_found_without_marks(system, moment):
    product = domain.add_product(actor=system, moment=moment, catalogue=CatalogueFactory(), **PRODUCT)

    assert product.coefficient == Decimal("2.40")
    assert product.search_text == "dc1 soan thao ke hoach ke hoach"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": " "}, "code"),
        ({"code": "DC9"}, "code"),
        ({"group": 6}, "group"),
        ({"group": 0}, "group"),
        ({"points": Decimal(0)}, "points"),
        ({"points": Decimal(51)}, "points"),
        ({"points": Decimal(10)}, "points"),
        ({"frame_low": Decimal(60), "frame_high": Decimal(50), "points": Decimal(55)}, "points"),
        ({"frame_low": None, "frame_high": None, "points": Decimal("0.02")}, "points"),
    ],
)
def test_a_product_that_cannot_be(system, moment, changes, field):
    draft = CatalogueFactory()
    ProductFactory(catalogue=draft, code="DC9")

    with pytest.raises(Invalid) as refused:
        domain.add_product(actor=system, moment=moment, catalogue=draft, **{**PRODUCT, **changes})

    assert field in refused.value.problems
    assert Product.objects.count() == 1


def test_a_product_belongs_to_the_catalogues_unit_or_one_below(system, moment):
    draft = CatalogueFactory()
    below = UnitFactory(parent=draft.unit)

    assert (
        domain.add_product(actor=system, moment=moment, catalogue=draft, **PRODUCT, unit=below).unit == below
    )
    with pytest.raises(Invalid) as refused:
        domain.add_product(
            actor=system,
            moment=moment,
            catalogue=draft,
            **{**PRODUCT, "code": "DC2"},
            unit=UnitFactory(),
        )
    assert list(refused.value.problems) == ["unit"]
    with pytest.raises(TypeError):
        domain.add_product(actor=system, moment=moment, catalogue=draft, coefficient=Decimal(9))


def test_changing_a_product_to_the_same_writes_nothing(system, moment):
    product = domain.add_product(actor=system, moment=moment, catalogue=CatalogueFactory(), **PRODUCT)
    entries = LedgerEntry.objects.count()

    domain.change_product(actor=system, moment=moment, product=product, **PRODUCT)

    assert LedgerEntry.objects.count() == entries


@given(
    points=st.decimals("0.01", "9999.99", places=2),
    standard=st.decimals("0.5", "100", places=2),
)
def test_a_coefficient_is_the_quotient_rounded_half_up(points, standard):
    coefficient = domain.coefficient_of(points, standard)

    assert coefficient == coefficient.quantize(Decimal("0.01"))
    assert -Decimal("0.005") * standard < points - coefficient * standard + Decimal("1e-20")
    assert points - coefficient * standard < Decimal("0.005") * standard


# --- Import -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Row:
    """What a workbook's row becomes (see `catalogue.ProductRow`)."""

    code: str = "DC1"
    department: str | None = None
    scope: str = "shared"
    duty: str = "Soạn thảo"
    work: str = ""
    output: str = "Văn bản"
    group: str = "N1"
    frame_low: int | None = 1
    frame_high: int | None = 10
    points: Decimal = Decimal(5)
    coefficient: Decimal = Decimal("1.00")
    note: str = ""
    sheet: str = "Danh mục"
    row: int = 5


def apply(actor, moment, unit, *rows):
    return domain.apply_catalogue_import(
        actor=actor,
        moment=moment,
        unit=unit,
        title="Danh mục",
        rows=rows,
        file_name="danh-muc.xlsx",
        file_sha256="b" * 64,
    )


def test_an_import_becomes_the_next_draft(moment):
    unit = UnitFactory(code="XA")
    finance = UnitFactory(parent=unit, name="Phòng Kinh tế")
    clerk = holder(unit, Capability.MANAGE_CATALOGUE)
    CatalogueFactory(unit=unit, number=1, approved=True)

    result = apply(
        clerk,
        moment,
        unit,
        Row(),
        Row(code="QL1", scope="leadership", row=6),
        Row(code="KT1", scope="unit", department="PHÒNG KINH TẾ", row=7),
        Row(code="KT2", scope="unit", department="Phòng không có", row=8),
        Row(code="KT3", scope="unit", department="Phòng không có", frame_low=None, frame_high=None, row=9),
    )

    assert (result.catalogue.number, result.catalogue.state) == (2, "draft")
    assert result.plan.counts == {"leadership": 1, "shared": 1, "unit": 3}
    assert result.plan.unmatched == [("Phòng không có", 2)]
    assert list(Product.objects.order_by("pk").values_list("code", "unit", "department", "coefficient")) == [
        ("DC1", None, "", Decimal("1.00")),
        ("QL1", None, "", Decimal("1.00")),
        ("KT1", finance.pk, "PHÒNG KINH TẾ", Decimal("1.00")),
        ("KT2", None, "Phòng không có", Decimal("1.00")),
        ("KT3", None, "Phòng không có", Decimal("1.00")),
    ]
    after = LedgerEntry.objects.filter(act=Act.IMPORT_APPLIED).get().after
    assert after.pop("digest")["count"] == 5
    assert after == {
        "file_sha256": "b" * 64,
        "products": 5,
        "leadership": 1,
        "shared": 1,
        "unit": 3,
    }


def test_two_departments_of_one_name_match_neither(system, moment):
    unit = UnitFactory()
    for _ in range(2):
        UnitFactory(parent=unit, name="Văn phòng")

    result = apply(system, moment, unit, Row(scope="unit", department="Văn phòng"))

    assert result.plan.unmatched == [("Văn phòng", 1)]


def test_every_problem_of_a_workbook_is_reported_and_nothing_written(system, moment):
    unit = UnitFactory()

    with pytest.raises(Invalid) as refused:
        apply(
            system,
            moment,
            unit,
            Row(),
            Row(row=6),
            Row(code="DC2", points=Decimal(11), coefficient=Decimal("2.20"), row=7),
            Row(code="DC3", coefficient=Decimal("1.10"), row=8),
            Row(code="DC4", group="N6", row=9),
        )

    assert [(problem.row, problem.column) for problem in refused.value.details["plan"].problems] == [
        (6, "code"),
        (7, "points"),
        (8, "coefficient"),
        (9, "group"),
    ]
    assert refused.value.details["plan"].problems[2].sentence == (
        "The coefficient 1,1 is not 5 points over 5 points, which is 1."
    )
    assert Catalogue.objects.count() == 0
    assert LedgerEntry.objects.count() == 0


def test_a_coefficient_that_no_column_holds_is_a_problem_and_no_error(system, moment):
    """10,000 points over a standard product of 0.01: seven digits before the comma."""
    unit = UnitFactory()
    row = Row(points=Decimal(10_000), frame_high=10_000, coefficient=Decimal(1_000_000))

    plan = domain.plan_catalogue_import(
        actor=system, moment=moment, unit=unit, rows=[row], standard_points=Decimal("0.01")
    )

    assert [(problem.column, problem.sentence) for problem in plan.problems] == [
        ("points", "10000 points over 0,01 make a coefficient too large to keep. Correct one of them."),
    ]
    catalogue = CatalogueFactory(unit=unit, standard_points=Decimal("0.01"))
    with pytest.raises(Invalid, match="too large to keep"):
        domain.add_product(
            actor=system, moment=moment, catalogue=catalogue,
            **PRODUCT | {"points": Decimal(10_000), "frame_high": Decimal(10_000)},
        )  # fmt: skip
    assert Product.objects.count() == 0


def test_a_standard_product_that_no_column_holds_is_one_problem_of_the_file(system, moment):
    plan = domain.plan_catalogue_import(
        actor=system, moment=moment, unit=UnitFactory(), rows=[Row(), Row()], standard_points=Decimal("0.001")
    )

    assert plan.problems == [
        ("", 0, "", "The standard product has at most 9999,99 points, with at most two decimals.")
    ]


def test_a_title_or_a_standard_product_that_no_column_holds_changes_nothing(system, moment):
    catalogue = CatalogueFactory(title="Danh mục")
    for changes in ({"title": "D" * 201}, {"standard_points": Decimal(10000)}):
        values = {"title": "Danh mục", "standard_points": Decimal(5)} | changes
        with pytest.raises(Invalid) as refused:
            domain.change_catalogue(actor=system, moment=moment, catalogue=catalogue, **values)
        assert list(refused.value.problems) == list(changes)
    catalogue.refresh_from_db()
    assert (catalogue.title, catalogue.standard_points) == ("Danh mục", Decimal(5))


def test_a_workbook_without_products_is_refused(system, moment):
    with pytest.raises(Invalid):
        apply(system, moment, UnitFactory())
    assert Catalogue.objects.count() == 0


def test_nobody_imports_for_a_unit_they_do_not_keep(moment):
    unit = UnitFactory()

    with pytest.raises(NotFound):
        apply(UserFactory(), moment, unit, Row())
    with pytest.raises(Refused):
        apply(holder(unit, Capability.APPROVE_CATALOGUE), moment, unit, Row())
    assert Catalogue.objects.count() == 0


# --- Two people -----------------------------------------------------------------------------------------------
def test_t02_whoever_sent_a_catalogue_does_not_approve_it(moment):
    unit = UnitFactory(using=True)
    both = holder(unit, Capability.MANAGE_CATALOGUE, Capability.APPROVE_CATALOGUE)
    catalogue = CatalogueFactory(unit=unit)
    ProductFactory(catalogue=catalogue)

    sent = domain.send_catalogue(actor=both, moment=moment, catalogue=catalogue)
    with pytest.raises(Refused) as refused:
        domain.approve_catalogue(actor=both, moment=moment, catalogue=sent, **DECISION)

    assert str(refused.value) == (
        "You sent this catalogue, so somebody else approves it. Ask another member of the personnel office."
    )
    assert (Catalogue.objects.get().state, Catalogue.objects.get().sent_by) == (CatalogueState.SENT, both.pk)
    domain.return_catalogue(actor=both, moment=moment, catalogue=sent, reason="Sửa")
    domain.send_catalogue(actor=holder(unit, Capability.MANAGE_CATALOGUE), moment=moment, catalogue=sent)
    assert domain.approve_catalogue(actor=both, moment=moment, catalogue=sent, **DECISION).state == "approved"


def test_the_system_account_sends_and_approves(system, moment):
    catalogue = CatalogueFactory()
    ProductFactory(catalogue=catalogue)
    sent = domain.send_catalogue(actor=system, moment=moment, catalogue=catalogue)
    assert (
        domain.approve_catalogue(actor=system, moment=moment, catalogue=sent, **DECISION).sent_by == system.pk
    )


def test_whoever_sent_it_and_lost_the_unit_finds_nothing(moment):
    unit = UnitFactory(using=True)
    sender = UserFactory()
    catalogue = CatalogueFactory(unit=unit, sent=True, sent_by=sender.pk)
    with pytest.raises(NotFound):
        domain.approve_catalogue(actor=sender, moment=moment, catalogue=catalogue, **DECISION)
