"""A decision answers, and a refusal carries its sentence."""

import pytest

from kpi_cms.foundation.access.decisions import allow, refuse, unseen
from kpi_cms.foundation.core.errors import NotFound, Refused


def test_what_is_allowed_says_why_and_lets_pass():
    decision = allow("evaluator of the card")
    assert decision
    assert decision.because == "evaluator of the card"
    assert decision.require() is None


def test_what_is_refused_raises_its_sentence():
    decision = refuse("Only the head of the unit assigns tasks. Ask them.")
    assert not decision
    with pytest.raises(Refused) as refusal:
        decision.require()
    assert str(refusal.value) == "Only the head of the unit assigns tasks. Ask them."


def test_what_is_unseen_is_missing_and_says_nothing_else():
    decision = unseen()
    assert not decision
    assert (decision.sentence, decision.because) == ("", "")
    with pytest.raises(NotFound) as missing:
        decision.require()
    assert str(missing.value) == str(NotFound())
