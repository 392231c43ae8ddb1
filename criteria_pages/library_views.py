"""“Take from the library” and “Keep in the library”: two pages beside the editor of a set.

To those who are no authors they do not exist: `admin_door` asks for every route about criteria sets.
"""

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages

from kpi_cms.foundation.access.viewsets import register_of
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import DomainError, Invalid
from kpi_cms.foundation.core.text import is_key

from .blocks.wording import lines_of
from .domain.library import block_of
from .domain.publishing import latest_draft
from .domain.taking import keep_in_library, places_for, sources_of, stamp_of, take_item
from .enums import ItemKind
from .library_forms import KeepForm, TakeForm
from .models import CriteriaSetPage, LibraryItem
from .start_form import ToldForm
from .views import trail


@require_http_methods(["GET", "HEAD", "POST"])
def take(request: HttpRequest, page_id: int) -> HttpResponse:
    """What the library offers; with `?muc=ITEM` that item and where it may go. A POST copies it into a new draft."""
    page = get_object_or_404(CriteriaSetPage, pk=page_id)
    asked = request.GET.get("muc", "")
    if not asked:
        return TemplateResponse(request, "criteria_pages/admin/library.html", _offers(page))
    item = get_object_or_404(LibraryItem, pk=asked if is_key(asked) else 0, retired=False)
    draft = latest_draft(page)
    places = places_for(draft, item)
    sent = request.POST if request.method == "POST" else None
    form = TakeForm(sent, item=item, places=places)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            take_item(
                actor=actor_of(request),
                moment=database_now(),
                page_id=page.pk,
                item_id=item.pk,
                into=form.cleaned_data.get("into", ""),
                code=form.cleaned_data.get("code", ""),
                shown=form.cleaned_data["shown"],
            )
        except DomainError as error:
            status = _tell(request, form, error)
        else:
            text = _(
                "“%(name)s” was copied into the draft. Reload the editor where it is open in another tab."
            )
            messages.success(request, text % {"name": item.name})
            return redirect("wagtailadmin_pages:edit", page.pk)
    block = block_of(item)
    context = _context(page, _("Take from the library")) | {
        "item": item,
        "lines": list(lines_of(block.block, block.value)),
        "form": form,
        "nowhere": places is not None and not places,
        "is_bands": item.kind == ItemKind.BANDS,
    }
    return TemplateResponse(request, "criteria_pages/admin/take.html", context, status=status)


def _offers(page: CriteriaSetPage) -> dict[str, Any]:
    """Every item that is offered, by kind in the order of the kinds."""
    order = {kind.value: place for place, kind in enumerate(ItemKind)}
    items = sorted(
        LibraryItem.objects.filter(retired=False).order_by("name", "pk"), key=lambda item: order[item.kind]
    )
    groups = [
        (ItemKind(kind).label, list(entries)) for kind, entries in groupby(items, key=lambda item: item.kind)
    ]
    return _context(page, _("Take from the library")) | {
        "groups": groups,
        "library_url": register_of(LibraryItem).list_url(),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest, page_id: int) -> HttpResponse:
    """What of the saved draft can be kept; a POST makes an item of it and opens that."""
    page = get_object_or_404(CriteriaSetPage, pk=page_id)
    sources = sources_of(latest_draft(page))
    sent = request.POST if request.method == "POST" else None
    form = KeepForm(sent, sources=sources)
    status = 200
    if form.is_bound and form.is_valid():
        try:
            item = keep_in_library(
                actor=actor_of(request),
                moment=database_now(),
                page_id=page.pk,
                **form.cleaned_data,
            )
        except DomainError as error:
            status = _tell(request, form, error)
        else:
            messages.success(request, _("“%(name)s” is in the library.") % {"name": item.name})
            return redirect(register_of(LibraryItem).page_url(item))
    context = _context(page, _("Keep in the library")) | {"form": form, "sources": sources}
    return TemplateResponse(request, "criteria_pages/admin/keep.html", context, status=status)


def _tell(request: HttpRequest, form: ToldForm, error: DomainError) -> int:
    """A sentence at the field it is about, above the page where it is about none; answers with the status."""
    placed = error.problems if isinstance(error, Invalid) else {}
    if all(name in form.fields for name in placed) and any(placed.values()):
        form.mark(placed)
    else:
        messages.error(request, str(error.sentence))
    return error.status


def _context(page: CriteriaSetPage, title: str) -> dict[str, Any]:
    return {
        "stamp": stamp_of(page),
        "page_title": title,
        "header_title": title,
        "header_icon": "folder-open-inverse",
        "breadcrumbs_items": trail(page, title),
        "page": page,
    }
