"""The page editor's form: a draft may be incomplete; checking and issuing show each problem at its block."""

from collections.abc import Iterable
from copy import copy
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import construct_instance
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.blocks import (
    ListBlockValidationError,
    StreamBlockValidationError,
    StreamValue,
    StructBlockValidationError,
)
from wagtail.blocks.list_block import ListValue
from wagtail.forms import TaskStateCommentForm

from .domain.places import Place
from .domain.problems import STREAMS, PageProblem, pointed
from .domain.publishing import check, check_sound
from .models import CriteriaSetPage

CHECK, ISSUE, TRY, SUBMIT = "action-check", "action-issue", "action-try", "action-submit"

# Where a block can hold further blocks.
_INSIDE = {"part": "sections", "section": "criteria"}


class CriteriaSetForm(WagtailAdminPageForm):
    """With the button “Check”, “Issue” or “Submit for approval” pressed, a set with problems is not saved: they are
    shown instead; with “Try it” those that nothing can be computed with."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        asked = any(self.data.get(name) for name in (CHECK, ISSUE, SUBMIT))
        if (asked or self.data.get(TRY)) and not self.errors:
            page = self._page()
            for field, error in errors_of(page, check(page) if asked else check_sound(page)):
                self.add_error(field, error)
        return cleaned

    def _page(self) -> CriteriaSetPage:
        page: CriteriaSetPage = construct_instance(
            self, copy(self.instance), self._meta.fields, self._meta.exclude
        )
        return page


class SendBackForm(TaskStateCommentForm):
    """What is to be changed: nobody gets a set back without it."""

    comment = forms.CharField(label=_("Comment"), widget=forms.Textarea({"rows": 2}))


def errors_of(
    page: CriteriaSetPage, problems: Iterable[PageProblem]
) -> Iterable[tuple[str | None, ValidationError]]:
    """The problems as the errors of a form's fields; those of one stream are one nested error."""
    by_key: dict[str, list[PageProblem]] = {}
    by_stream: dict[str, list[ValidationError]] = {}
    for problem in problems:
        if problem.key:
            by_key.setdefault(problem.key, []).append(problem)
        elif problem.field in STREAMS:
            by_stream.setdefault(problem.field, []).append(_error(problem))
        else:
            value = getattr(page, problem.field, "") if problem.field else ""
            yield problem.field or None, _error(problem, value)
    for name in sorted(STREAMS):
        nested = _stream_error(getattr(page, name), by_key, by_stream.get(name, []))
        if nested is not None:
            yield name, nested
    for unplaced in by_key.values():
        for problem in unplaced:
            yield None, _error(problem)


def _error(problem: PageProblem, value: Any = None) -> ValidationError:
    """A problem at a field; one in a formula shows the character."""
    sentence = pointed(problem, value) if isinstance(value, str) else str(problem.sentence)
    return ValidationError(sentence, code=problem.code)


def _stream_error(
    stream: Any, by_key: dict[str, list[PageProblem]], own: list[ValidationError]
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
        found = [(problem.inside, problem) for problem in by_key.pop(str(child.id), [])]
        error = _struct_error(child.value, found, block_errors)
        if error is not None:
            inside[index] = error
    if not inside and not own:
        return None
    return StreamBlockValidationError(block_errors=inside, non_block_errors=own)


# A problem with what is left of the way to its field.
Placed = tuple[Place, PageProblem]


def _struct_error(
    value: Any, found: list[Placed], nested: dict[str, ValidationError] | None = None
) -> StructBlockValidationError | None:
    """The errors of a block: each at its field, as far as the block has it, else at the block."""
    own: list[ValidationError] = []
    by_field: dict[str, list[Placed]] = {}
    for place, problem in found:
        if place and place[0] in value:
            by_field.setdefault(str(place[0]), []).append((place[1:], problem))
        else:
            own.append(_error(problem))
    errors = dict(nested or {})
    for name, placed in by_field.items():
        if name in errors:  # a stream of further blocks has its errors already: these stand above them
            own += [_error(problem) for _place, problem in placed]
        else:
            errors[name] = _field_error(value[name], placed)
    return StructBlockValidationError(block_errors=errors, non_block_errors=own) if errors or own else None


def _field_error(value: Any, placed: list[Placed]) -> ValidationError:
    """The errors of one field: a list's at their entries, a stream's above it, a plain field's in one."""
    if isinstance(value, StreamValue):
        return StreamBlockValidationError(non_block_errors=[_error(problem) for _place, problem in placed])
    if not isinstance(value, ListValue):
        return ValidationError([_error(problem, value) for _place, problem in placed])
    own: list[ValidationError] = []
    by_entry: dict[int, list[Placed]] = {}
    for place, problem in placed:
        if place and isinstance(place[0], int) and place[0] < len(value):
            by_entry.setdefault(place[0], []).append((place[1:], problem))
        else:
            own.append(_error(problem))
    entries = {index: _struct_error(value[index], inside) for index, inside in by_entry.items()}
    return ListBlockValidationError(block_errors=entries, non_block_errors=own)
