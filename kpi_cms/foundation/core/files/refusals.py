"""Why a file is not taken, in the sentence its sender reads."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.core.errors import Invalid

SENTENCES: dict[str, Promise] = {
    "empty": _("The file is empty. Choose the file again and check that it opens."),
    "too_large": _(
        "The file is larger than %(limit)s MB. Make it smaller (scan with fewer dots per inch, or split it) and "
        "choose it again."
    ),
    "unknown_kind": _(
        "Only PDF, Word (.docx), Excel (.xlsx), JPEG and PNG files are accepted, whatever the file is called. "
        "Save it as one of these and choose it again."
    ),
    "old_office": _(
        "This is an old or password-protected Office file. Save it as .docx or .xlsx without a password and choose "
        "it again."
    ),
    "damaged": _("The file is damaged. Open it, save it under a new name, and choose that file."),
    "active_pdf": _(
        "The PDF contains a script or starts a program. Print it to a new PDF and choose that file."
    ),
    "html_in_pdf": _("The PDF contains a web page. Print it to a new PDF and choose that file."),
    "password": _("The file is protected by a password. Remove the password and choose it again."),
    "macros": _(
        "The file contains macros, which are not accepted. Save it as .docx or .xlsx and choose that file."
    ),
    "external_links": _(
        "The file contains links to other files or data connections. Break the links, or save it as PDF, and choose "
        "it again."
    ),
    "embedded_objects": _(
        "The file contains embedded objects or controls. Remove them, or save it as PDF, and choose it again."
    ),
    "too_many_parts": _("The file has too many components. Save it as PDF and choose that file."),
    "unpacks_too_large": _(
        "The file becomes too large when it is unpacked. Save it as PDF and choose that file."
    ),
    "unsafe_structure": _("The file has an unsafe structure. Save it as PDF and choose that file."),
    "dtd": _(
        "The file contains a document type definition (DTD), which is not accepted. Save it as PDF and choose that "
        "file."
    ),
    "encoding": _("The file uses a text encoding that is not accepted. Save it as PDF and choose that file."),
    "too_many_pixels": _(
        "The picture has more than %(limit)s million pixels. Make it smaller and choose it again."
    ),
    "not_checked": _(
        "The file could not be checked for malware, so it was not kept. Try again in a few minutes, or tell your "
        "administrator."
    ),
    "not_stored": _(
        "The file could not be stored; nothing was kept. Try again in a few minutes, or tell your administrator."
    ),
}
"""Message by code. The codes are stable: tests and logs name them."""


class FileRefused(Invalid):
    """Nothing of the file was kept. `code` is a key of `SENTENCES`; the sentence stands at the form's field `file`."""

    def __init__(self, code: str, **details: Any) -> None:
        sentence = SENTENCES[code] % details if details else SENTENCES[code]
        super().__init__(sentence, problems={"file": [sentence]}, code=code, **details)
        self.code = code
