"""What a browser would send: data of the rules filled in, and the forms that are too large for a line."""

from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile

from criteria_pages.domain.taking import stamp_of
from criteria_pages.models import CriteriaSetPage
from tests.helpers import files
from tests.helpers.page_form import form_data, item_form

if TYPE_CHECKING:
    from tests.access.cells import Filling


def filled(data: Any, filling: "Filling") -> Any:
    """POST data of a cell; a name in place of a table is one of the forms below."""
    if isinstance(data, str):
        return FORMS[data](filling)
    return filling.data(data)


def scores(filling: "Filling") -> dict[str, str]:
    """The sheet of a card with one point for everything."""
    card = filling.made.cards[filling.letters, filling.state]
    criteria = [criterion.key for criterion in card.version.compiled().criteria if criterion.entered]
    return {"expected": str(card.version_number), "reason": "Sửa"} | {f"s-{key}": "1" for key in criteria}


def parts(filling: "Filling") -> dict[str, str]:
    """Half of a product for somebody of the unit."""
    whose = filling("colleague" if filling.relation == "own" else "person")
    rows = {"p-TOTAL_FORMS": "1", "p-INITIAL_FORMS": "0", "p-0-person": whose, "p-0-share": "0,5"}
    return rows | {"product": filling("product"), "p-0-label": "Phần một", "p-0-due_on": filling("due")}


def file(filling: "Filling") -> dict[str, Any]:
    """A document and what it shows."""
    content = SimpleUploadedFile("bao-cao.docx", files.docx(), "application/octet-stream")
    return {"file": content, "title": "Báo cáo", "number": "1/BC"}


def page(filling: "Filling") -> dict[str, Any]:
    """The editor's form of the criteria set, as it stands."""
    return form_data(filling.record("page").get_latest_revision_as_object())


def new_page(filling: "Filling") -> dict[str, Any]:
    """The editor's form of a set that does not exist yet."""
    return form_data(CriteriaSetPage(live=False), title="Bộ mới")


def page_copy(filling: "Filling") -> dict[str, str]:
    """A copy beside the set."""
    return {"new_title": "Bản sao", "new_slug": "ban-sao", "new_parent_page": filling("index")}


def library_item(filling: "Filling") -> dict[str, Any]:
    """The form of a new item of the library."""
    return item_form("Mới", filling.record("library_item").content)


def library_item_again(filling: "Filling") -> dict[str, Any]:
    """The form of an item under another name."""
    return library_item(filling) | {"seen": filling("last.library_item")}


def taken(filling: "Filling") -> dict[str, str]:
    """An item of the library for the criteria set as it stands."""
    return {"shown": stamp_of(filling.record("page"))}


def kept(filling: "Filling") -> dict[str, str]:
    """The bands of the criteria set for the library."""
    return taken(filling) | {"source": "bands", "name": "Mức"}


FORMS: dict[str, Any] = {
    "file": file,
    "kept": kept,
    "library_item": library_item,
    "library_item_again": library_item_again,
    "page": page,
    "new_page": new_page,
    "page_copy": page_copy,
    "parts": parts,
    "scores": scores,
    "taken": taken,
}
WORDS = {
    "kept": {"page"},
    "library_item": {"library_item"},
    "library_item_again": {"library_item"},
    "page": {"page"},
    "new_page": {"index"},
    "page_copy": {"page", "index"},
    "parts": {"person", "product", "due"},
    "scores": {"card"},
    "taken": {"page"},
}
"""Name of a form → the records that it names."""
