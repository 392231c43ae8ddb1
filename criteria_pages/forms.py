"""The page editor's form: a draft may be incomplete; checking and issuing show each problem at its block."""

from collections.abc import Iterable
from copy import copy
from typing import Any

from django.core.exceptions import ValidationError
from django.forms.models import construct_instance
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.blocks import StreamBlockValidationError, StructBlockValidationError

from .domain.problems import STREAMS, PageProblem
from .domain.publishing import check
from .models import CriteriaSetPage

CHECK, ISSUE = "action-check", "action-issue"

# Where a block can hold further blocks.
_INSIDE = {"part": "sections", "section": "criteria"}


class CriteriaSetForm(WagtailAdminPageForm):
    """With the button “Check” or “Issue” pressed, a set with problems is not saved: they are shown instead."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        asked = self.data.get(CHECK) or self.data.get(ISSUE)
        if asked and not self.errors:
            for field, error in errors_of(self._page(), check(self._page())):
                self.add_error(field, error)
        return cleaned

    def _page(self) -> CriteriaSetPage:
        page: CriteriaSetPage = construct_instance(
            self, copy(self.instance), self._meta.fields, self._meta.exclude
        )
        return page


def errors_of(
    page: CriteriaSetPage, problems: Iterable[PageProblem]
) -> Iterable[tuple[str | None, ValidationError]]:
    """The problems as the errors of a form's fields; those of one stream are one nested error."""
    by_key: dict[str, list[ValidationError]] = {}
    by_stream: dict[str, list[ValidationError]] = {}
    for problem in problems:
        error = ValidationError(str(problem.sentence), code=problem.code)
        if problem.key:
            by_key.setdefault(problem.key, []).append(error)
        elif problem.field in STREAMS:
            by_stream.setdefault(problem.field, []).append(error)
        else:
            yield problem.field or None, error
    for name in sorted(STREAMS):
        nested = _stream_error(getattr(page, name), by_key, by_stream.get(name, []))
        if nested is not None:
            yield name, nested
    for errors in by_key.values():
        for error in errors:
            yield None, error


def _stream_error(
    stream: Any, by_key: dict[str, list[ValidationError]], own: list[ValidationError]
) -> StreamBlockValidationError | None:
    """The errors inside a stream, taken out of `by_key` as they find their block."""
    inside: dict[int, ValidationError] = {}
    for index, child in enumerate(stream or ()):
        block_errors: dict[str, ValidationError] = {}
        if child.block_type in _INSIDE:
            name = _INSIDE[child.block_type]
            nested = _stream_error(child.value[name], by_key, [])
            if nested is not None:
                block_errors[name] = nested
        messages = by_key.pop(str(child.id), [])
        if messages or block_errors:
            inside[index] = StructBlockValidationError(block_errors=block_errors, non_block_errors=messages)
    if not inside and not own:
        return None
    return StreamBlockValidationError(block_errors=inside, non_block_errors=own)
