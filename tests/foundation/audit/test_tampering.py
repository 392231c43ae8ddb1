"""10,000 tamperings of ledgers of up to 1,000 rows: each is detected, and named."""

import pickle
import random
from collections import Counter
from copy import deepcopy

import pytest

from kpi_cms.foundation.audit.verifying import Wrong, verify
from tests.helpers.ledgers import TAMPERINGS, made, names

SEED = 20_261_129
ROUNDS = 10_000


def test_a_ledger_that_nobody_touched_holds():
    for seed in range(30):
        ledger, anchors = made(1 + seed * 7, seed)
        report = verify(ledger, anchors)
        assert report.findings == []
        assert report.links == report.rows == 1 + seed * 7


def test_ten_thousand_tamperings_are_detected_and_named():
    draw = random.Random(SEED)
    missed, unnamed, tried = [], [], Counter()
    for number in range(ROUNDS):
        # Small ledgers often, up to 1,000 rows: what is at an end is at many ends.
        size = min(1_000, max(1, int(2 ** draw.uniform(0, 10)))) if number % 10 else draw.randint(1, 60)
        if number % 25 == 0:
            original, anchors = made(size, number)
            kept = pickle.dumps(original)  # read anew in a fifth of the time that deepcopy takes
        ledger = pickle.loads(kept)  # noqa: S301 - our own, of a moment ago
        tamper = draw.choice(TAMPERINGS)
        wanted = tamper(ledger, draw)
        tried[tamper.__name__] += 1
        findings = verify(ledger, anchors).findings
        if not findings:
            missed.append((number, tamper.__name__))
        elif not names(findings, wanted):
            unnamed.append((number, tamper.__name__, str(findings[0]), wanted))
    assert missed == []
    assert unnamed == []
    assert len(tried) == len(TAMPERINGS)


@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_without_anchors_all_but_a_whole_rebuilt_ledger_is_detected(tamper):
    """What anchors are for: a chain that was cut or rebuilt whole is consistent in itself."""
    hidden = {
        "edit_and_rebuild", "delete_and_rebuild", "reorder_and_rebuild", "insert_and_rebuild", "insert_and_seal",
        "cut_the_tail", "restore_yesterday", "move_between_chains",
    }  # fmt: skip
    ledger, _anchors = made(200, 5)
    tamper(ledger, random.Random(1))
    assert bool(verify(ledger).findings) == (tamper.__name__ not in hidden)


def test_a_chain_that_is_cut_is_said_to_be_shorter_than_the_anchor():
    ledger, anchors = made(60, 3)
    links = ledger.links_of["HN"]
    lost = links.pop()
    del ledger.rows_of[lost.form, lost.row]
    [finding] = verify(ledger, anchors).findings
    assert (finding.wrong, finding.chain, finding.number, finding.row_id) == (
        Wrong.CHAIN_SHORTER,
        "HN",
        lost.number,
        lost.row,
    )


def test_without_leaves_the_anchor_still_says_how_long_the_chain_was():
    from dataclasses import replace

    ledger, anchors = made(60, 3)
    bare = [
        replace(anchor, chains={chain: replace(said, leaves=()) for chain, said in anchor.chains.items()})
        for anchor in anchors
    ]
    tampered = deepcopy(ledger)
    lost = tampered.links_of["HN"].pop()
    del tampered.rows_of[lost.form, lost.row]
    [finding] = verify(tampered, bare).findings
    assert (finding.wrong, finding.number) == (Wrong.CHAIN_SHORTER, lost.number)
    link = ledger.links_of["HN"][4]
    ledger.rows_of[link.form, link.row][0] = 5_000
    ledger.rebuild("HN")
    [finding] = [each for each in verify(ledger, bare).findings if each.wrong == Wrong.CHAIN_DIFFERS]
    assert finding.chain == "HN"
    assert finding.number <= link.number


def test_what_happened_after_the_last_anchor_is_not_late():
    from datetime import timedelta

    from tests.helpers.ledgers import BEGIN, ENTRY

    ledger, anchors = made(30, 2)
    at = BEGIN + timedelta(seconds=620)
    ledger.append(ENTRY, 900, [900, "x", at, 1, {}], "HN", at)
    ledger.append(ENTRY, 901, [901, "x", at, 1, {}], "NEW", at)
    assert verify(ledger, anchors).findings == []
    ledger.append(ENTRY, 902, [902, "x", BEGIN, 1, {}], "NEW", at)
    [finding] = verify(ledger, anchors).findings
    assert (finding.wrong, finding.row_id) == (Wrong.ROW_LATE, 902)
