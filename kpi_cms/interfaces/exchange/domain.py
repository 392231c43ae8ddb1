"""Keep an uploaded workbook, apply it once, and hand out the first passwords of its accounts once."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import NotFound, WrongState
from snippets.domain import catalogue as catalogues
from snippets.domain.people import PeopleImportResult, PersonRow, apply_people_import
from snippets.models import Unit

from .enums import ImportKind
from .models import ImportUpload

KEPT_FOR = timedelta(hours=1)


@business_verb
def keep_upload(
    *,
    actor: User,
    moment: datetime,
    kind: ImportKind,
    file_name: str,
    content: bytes,
    unit: Unit | None = None,
    title: str = "",
) -> ImportUpload:
    """Keep a workbook that was read without a problem until it is applied, at most an hour.

    Writes nothing of it into the registers. Uploads that nobody applied in time are forgotten here as well as nightly.
    """
    _forget(moment)
    return ImportUpload.objects.create(
        kind=kind,
        unit=unit,
        title=title[:200],
        file_name=file_name[:200],
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        actor_id=actor.pk,
        created_at=moment,
        expires_at=moment + KEPT_FOR,
    )


@business_verb
def forget_uploads(*, actor: User, moment: datetime) -> None:
    """Delete every upload whose hour is over, personal data included; run daily."""
    _forget(moment)


def _forget(moment: datetime) -> None:
    ImportUpload.objects.filter(expires_at__lte=moment).delete()


@business_verb
def apply_people_upload(
    *, actor: User, moment: datetime, upload: ImportUpload, rows: Sequence[PersonRow]
) -> PeopleImportResult:
    """Apply the rows that were read from the upload, all or nothing, and once."""
    upload = _take(actor, moment, upload)
    result = apply_people_import(
        actor=actor, moment=moment, rows=rows, file_name=upload.file_name, file_sha256=upload.sha256
    )
    _mark_applied(upload, moment)
    return result


@business_verb
def apply_catalogue_upload(
    *,
    actor: User,
    moment: datetime,
    upload: ImportUpload,
    rows: Sequence[catalogues.ProductRow],
    standard_points: Decimal,
) -> catalogues.CatalogueImportResult:
    """Write the products that were read from the upload as its unit's next draft, all or nothing, and once."""
    upload = _take(actor, moment, upload)
    assert upload.unit is not None  # the database keeps a catalogue's upload with its unit
    result = catalogues.apply_catalogue_import(
        actor=actor,
        moment=moment,
        unit=upload.unit,
        title=upload.title,
        rows=rows,
        file_name=upload.file_name,
        file_sha256=upload.sha256,
        standard_points=standard_points,
    )
    _mark_applied(upload, moment)
    return result


@business_verb
def take_passwords(*, actor: User, moment: datetime, upload: ImportUpload, count: int) -> None:
    """Note that the first passwords of an import leave the product; a second time is refused."""
    upload = _own(actor, upload)
    if upload.passwords_taken_at is not None:
        raise WrongState(
            _(
                "The first passwords were downloaded already. Reset a password in the register of people instead."
            )
        )
    upload.passwords_taken_at = moment
    upload.save(update_fields=["passwords_taken_at"])
    ledger.record(
        Act.EXPORT_TAKEN,
        subject=upload,
        label=upload.sha256,
        after={"first_passwords": count, "file_sha256": upload.sha256},
    )


def _own(actor: User, upload: ImportUpload) -> ImportUpload:
    """The actor's own upload, locked and read again."""
    found = ImportUpload.objects.select_for_update().filter(pk=upload.pk, actor_id=actor.pk).first()
    if found is None:
        raise NotFound
    return found


def _take(actor: User, moment: datetime, upload: ImportUpload) -> ImportUpload:
    upload = _own(actor, upload)
    if upload.applied_at is not None:
        raise WrongState(_("This file was applied already. Upload it again if there is more to change."))
    if upload.expires_at <= moment:
        raise WrongState(_("This file was kept for an hour, which is over. Upload it again."))
    if hashlib.sha256(upload.content).hexdigest() != upload.sha256:
        raise WrongState(_("The kept file is damaged. Upload it again; nothing was written."))
    return upload


def _mark_applied(upload: ImportUpload, moment: datetime) -> None:
    upload.applied_at = moment
    upload.content = b""
    upload.save(update_fields=["applied_at", "content"])
