"""The printed forms of Decree 335/2025: plain values in, the bytes of a PDF/A out. No database, no Django."""

from kpi_cms.interfaces.reporting.forms.form01 import (
    Form01,
    Form01Deduction,
    Form01Document,
    Form01Ratio,
    Form01Ratios,
    Form01Row,
    Form01Section,
    Form01Task,
    Layout,
    Signature,
    render_form01,
)

__all__ = [
    "Form01",
    "Form01Deduction",
    "Form01Document",
    "Form01Ratio",
    "Form01Ratios",
    "Form01Row",
    "Form01Section",
    "Form01Task",
    "Layout",
    "Signature",
    "render_form01",
]
