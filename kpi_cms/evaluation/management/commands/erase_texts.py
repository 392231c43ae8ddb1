"""Erase the texts about one person, because a law requires it."""

import json
from argparse import ArgumentTypeError
from datetime import date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kpi_cms.evaluation.domain import erasing
from kpi_cms.evaluation.domain.erasing import Erasure
from kpi_cms.evaluation.enums import Erasable
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import DomainError
from snippets.models import Person


def day(text: str) -> date:
    """A day as its year, month and day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is no day. Write it as 2026-08-31.") from None


class Command(BaseCommand):
    """Exit code 1 and one sentence where it is refused; nothing was erased then."""

    help = "Erases comments, reasons and grounds about one person for good; recorded with the legal ground."
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--person", required=True, metavar="STAFF_CODE", help="whom the texts are about")
        parser.add_argument(
            "--kind",
            action="append",
            choices=Erasable.values,
            help="which texts, again for each kind; without it comments and reasons. “file” is what the forms of "
            "decided cards say, which Đ24 has kept; “name” are former names; “evidence” are files, "
            "and those behind decided cards only with “file” as well",
        )
        parser.add_argument(
            "--before", type=day, metavar="DATE", help="only what was written before this day"
        )
        parser.add_argument("--reason", required=True, help="the legal ground, which the ledger keeps")
        parser.add_argument("--actor", required=True, metavar="USERNAME", help="the account that acts")
        parser.add_argument(
            "--dry-run", action="store_true", help="count what would be erased, erase nothing"
        )
        parser.add_argument("--json", action="store_true", help="write one JSON object instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = User.objects.filter(username=options["actor"], is_active=True).first()
        if actor is None:
            raise CommandError(_("There is no active account named “%(name)s”.") % {"name": options["actor"]})
        person = Person.objects.select_related("unit").filter(staff_code=options["person"]).first()
        if person is None:
            raise CommandError(_("Nobody has the staff code “%(code)s”.") % {"code": options["person"]})
        kinds = [Erasable(kind) for kind in options["kind"] or erasing.USUAL]
        asked: dict[str, Any] = {
            "actor": actor,
            "person": person,
            "kinds": kinds,
            "before": _begins(options["before"]) if options["before"] else None,
        }
        try:
            if options["dry_run"]:
                done = erasing.count_texts(**asked)
            else:
                done = erasing.erase_texts(**asked, moment=database_now(), reason=options["reason"])
        except DomainError as refusal:
            raise CommandError(str(refusal.sentence)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(done, erased=not options["dry_run"]), indent=2))
        else:
            self.stdout.write("\n".join(_lines(done, erased=not options["dry_run"])))


def _begins(on: date) -> datetime:
    """Its first moment where the province is."""
    return timezone.make_aware(datetime.combine(on, time.min))


def _as_json(done: Erasure, *, erased: bool) -> dict[str, Any]:
    return {
        "erased": erased,
        "texts": dict(done.texts),
        "records": dict(done.records),
        "kept_on_forms": done.kept_on_forms,
        "files": done.files,
        "kept_files": done.kept_files,
    }


def _lines(done: Erasure, *, erased: bool) -> list[str]:
    said = (
        ngettext("%(count)s text was erased.", "%(count)s texts were erased.", done.count)
        if erased
        else ngettext("%(count)s text would be erased.", "%(count)s texts would be erased.", done.count)
    )
    lines = [said % {"count": done.count}]
    lines += [f"{Erasable(kind).label}: {count}" for kind, count in done.texts.items()]
    if done.files:
        lines.append(_files(done.files, erased=erased))
        lines.append(
            _(
                "What had left the product before (printed forms, exports, evidence taken away, backups) is not "
                "reached: the ledger's entries “Export taken” and “Form printed” say who has it."
            )
        )
    if done.kept_files:
        lines.append(
            ngettext(
                "%(count)s more file stands behind decided cards (Đ24). Ask for it with “--kind file” as well.",
                "%(count)s more files stand behind decided cards (Đ24). Ask for them with “--kind file” as well.",
                done.kept_files,
            )
            % {"count": done.kept_files}
        )
    if done.kept_on_forms:
        lines.append(
            ngettext(
                "%(count)s more stands on the forms of decided cards, which the law has kept (Đ24). Ask for it with "
                "“--kind file” where the ground covers them.",
                "%(count)s more stand on the forms of decided cards, which the law has kept (Đ24). Ask for them with "
                "“--kind file” where the ground covers them.",
                done.kept_on_forms,
            )
            % {"count": done.kept_on_forms}
        )
    return lines


def _files(count: int, *, erased: bool) -> str:
    said = (
        ngettext(
            "%(count)s file of evidence was removed.", "%(count)s files of evidence were removed.", count
        )
        if erased
        else ngettext(
            "%(count)s file of evidence would be removed.",
            "%(count)s files of evidence would be removed.",
            count,
        )
    )
    return said % {"count": count}
