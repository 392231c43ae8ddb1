"""What the verifier finds, in the reader's language."""

from django.utils.translation import gettext_lazy as _

from .restores import Accepted
from .verifying import Finding, Wrong

SENTENCES = {
    Wrong.ROW_CHANGED: _("A row was changed since it was sealed."),
    Wrong.ROW_MISSING: _("A sealed row is gone."),
    Wrong.ROW_ADDED: _("A row was never sealed."),
    Wrong.ROW_LATE: _("A row says it is older than the anchor before its seal."),
    Wrong.LINK_CHANGED: _("A link does not follow from the one before."),
    Wrong.LINK_MISSING: _("A link is missing."),
    Wrong.LINK_TWICE: _("Two links have one number."),
    Wrong.CHAIN_SHORTER: _("The chain is shorter than the anchor says."),
    Wrong.CHAIN_DIFFERS: _("The chain is another than the anchored one."),
    Wrong.ANCHOR_CHANGED: _("An anchor is not what was signed."),
    Wrong.ANCHOR_FILE_MISSING: _("An anchor has no file any more: only the database tells what it said."),
    Wrong.ANCHOR_MISSING: _("The database does not know an anchor that was written."),
    Wrong.TEXT_CHANGED: _("A kept text was changed."),
    Wrong.TEXT_BLANKED: _("A kept text was blanked without an act."),
    Wrong.TEXT_MISSING: _("A kept text is gone."),
    Wrong.RECORD_CHANGED: _("A record differs from its history."),
    Wrong.RECORD_MISSING: _("A record is gone, and its history does not say so."),
    Wrong.RECORD_ADDED: _("A record has no history."),
    Wrong.DIGEST_DIFFERS: _("The rows of an act are not those it was recorded with."),
    Wrong.COPY_DIFFERS: _("A text of a record differs from the one kept."),
    Wrong.RESULT_DIFFERS: _("A result does not follow from its rows."),
    Wrong.RESULT_MISSING: _("A result of a card is gone."),
    Wrong.RESULT_ADDED: _("A result is of a stage that its card does not have."),
    Wrong.PINS_DIFFER: _("A period is scored with something else than its opening recorded."),
}


def sentence(finding: Finding) -> str:
    """The sentence, then chain and number, table and row, and the detail, as far as they are known."""
    parts = [
        f"{finding.chain} {finding.number}" if finding.number else finding.chain,
        f"{finding.table} {finding.row_id}" if finding.table else "",
        finding.detail,
    ]
    return " · ".join([str(SENTENCES[finding.wrong]), *filter(None, parts)])


def accepted_sentence(accepted: Accepted) -> str:
    """What a restore gave up, by whose entry: nothing that fails, and nothing to overlook."""
    said = _("Anchors %(first)s to %(last)s were given up after a restore, by entry %(entry)s of the ledger.") % {
        "first": accepted.first, "last": accepted.last, "entry": accepted.entry,
    }  # fmt: skip
    chains = [f"{chain} {kept}/{anchored}" for chain, (kept, anchored) in accepted.chains.items()]
    return " · ".join([str(said), *chains])
