"""Nobody who reads Vietnamese meets an English sentence, neither of ours nor of the host's."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from django.utils.translation import gettext, ngettext, npgettext, override, pgettext
from django.utils.translation.trans_real import DjangoTranslation

ROOT = Path(__file__).resolve().parents[2]
HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def load_script() -> ModuleType:
    """`scripts/` is no package: the script is loaded from its file."""
    spec = importlib.util.spec_from_file_location("catalogue_script", ROOT / "scripts" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


messages = load_script()


@pytest.fixture
def checkout(tmp_path):
    """A checkout with one Python file, one template, and fragments a test writes with `fragment()`."""
    (tmp_path / "snippets" / "templates").mkdir(parents=True)
    (tmp_path / "kpi_cms" / "locale" / "fragments" / "js").mkdir(parents=True)
    return messages.Layout(tmp_path)


def fragment(layout, name, text):
    (layout.own / "fragments" / f"{name}.po").write_text(HEADER + text, encoding="utf-8")


def code(layout, text):
    (layout.root / "snippets" / "views.py").write_text(text, encoding="utf-8")


def template(layout, text):
    (layout.root / "snippets" / "templates" / "page.html").write_text(text, encoding="utf-8")


def build(layout):
    messages.merge(layout)
    messages.compile_catalogues(layout)


# --- the catalogues of this repository ----------------------------------------------------------------------


def test_our_catalogues_are_complete_and_compiled():
    assert messages.faults(messages.Layout()) == []


@pytest.mark.parametrize("domain", messages.DOMAINS)
def test_the_compiled_host_catalogue_is_the_bytes_of_its_source(domain):
    po = messages.Layout().host / "vi" / "LC_MESSAGES" / f"{domain}.po"
    assert po.with_suffix(".mo").read_bytes() == messages.mo_bytes(po)


@pytest.mark.parametrize("domain", messages.DOMAINS)
@pytest.mark.parametrize("package", messages.HOST_PACKAGES)
def test_every_sentence_of_the_host_has_a_vietnamese_text(domain, package):
    assert messages.host_gaps(messages.Layout(), domain, [package]) == []


def test_the_host_is_read_from_its_catalogues_and_its_sources():
    admin = messages.host_messages("django", "wagtail.admin")
    in_catalogue = ("", "Awaiting your review")
    in_sources_only = ("", 'You do not have permission to publish pages at "%(page_title)s"')
    assert in_catalogue in admin
    assert in_sources_only in admin
    assert len(admin) >= 890
    assert ("", "Failed Logins") in messages.host_messages("django", "axes")


def host_texts(domain):
    """The host's catalogue of ours, without what our own catalogue says otherwise."""
    layout = messages.Layout()
    own = layout.own / "vi" / "LC_MESSAGES" / f"{domain}.po"
    replaced = messages.translated([own], domain)
    entries = messages.entries(layout.host / "vi" / "LC_MESSAGES" / f"{domain}.po")
    return [entry for entry in entries if messages.key_of(entry) not in replaced]


def spoken(entry):
    """What Django answers for one catalogue entry in the language of the moment."""
    context, singular = messages.key_of(entry)
    plural = None if isinstance(entry.id, str) else entry.id[1]
    if plural and context:
        return npgettext(context, singular, plural, 2)
    if plural:
        return ngettext(singular, plural, 2)
    return pgettext(context, singular) if context else gettext(singular)


def test_the_running_product_says_what_the_host_catalogue_says():
    entries = host_texts("django")
    with override("vi"):
        said = {messages.key_of(entry): spoken(entry) for entry in entries}
    assert said == {messages.key_of(entry): messages.strings_of(entry)[0] for entry in entries}


def test_english_stays_english():
    with override("en"):
        assert gettext("Awaiting your review") == "Awaiting your review"
        assert ngettext("%(counter)s page", "%(counter)s pages", 2) == "%(counter)s pages"


def test_the_scripts_of_the_admin_read_the_host_catalogue():
    shipped = str(messages.host_folder("wagtail.admin") / "locale")
    scripts = DjangoTranslation("vi", domain="djangojs", localedirs=[shipped])
    entries = host_texts("djangojs")
    singular = {entry.id: entry.string for entry in entries if isinstance(entry.id, str)}
    plural = {entry.id: entry.string[0] for entry in entries if not isinstance(entry.id, str)}
    assert {text: scripts.gettext(text) for text in singular} == singular
    assert {pair: scripts.ngettext(*pair, 2) for pair in plural} == plural


# --- merging ------------------------------------------------------------------------------------------------


def test_fragments_are_merged_in_the_order_of_their_messages(checkout):
    fragment(checkout, "workspace", 'msgid "Save"\nmsgstr "Lưu"\n\nmsgid "Confirm"\nmsgstr "Xác nhận"\n')
    fragment(checkout, "snippets", 'msgid "Unit"\nmsgstr "Đơn vị"\n\nmsgid "Save"\nmsgstr "Lưu"\n')
    messages.merge(checkout)
    merged = messages.entries(checkout.own / "vi" / "LC_MESSAGES" / "django.po")
    assert [(entry.id, entry.string) for entry in merged] == [
        ("Confirm", "Xác nhận"),
        ("Save", "Lưu"),
        ("Unit", "Đơn vị"),
    ]
    assert [place for place, _line in merged[1].locations] == [
        "fragments/snippets.po",
        "fragments/workspace.po",
    ]


def test_two_texts_for_one_message_are_refused_by_name(checkout):
    fragment(checkout, "workspace", 'msgid "Save"\nmsgstr "Lưu"\n')
    fragment(checkout, "snippets", 'msgid "Save"\nmsgstr "Ghi lại"\n')
    with pytest.raises(messages.Refused) as refused:
        messages.merge(checkout)
    assert str(refused.value) == (
        "'Save' is translated twice: snippets.po says 'Ghi lại', workspace.po says 'Lưu'. Agree on one text."
    )
    assert not (checkout.own / "vi").exists()


def test_two_texts_in_one_fragment_are_refused(checkout):
    fragment(checkout, "workspace", 'msgid "Save"\nmsgstr "Lưu"\n\nmsgid "Save"\nmsgstr "Ghi lại"\n')
    with pytest.raises(messages.Refused, match="'Save' stands there twice with different texts"):
        messages.merge(checkout)


def test_one_word_may_have_two_texts_in_two_contexts(checkout):
    fragment(checkout, "workspace", 'msgctxt "stage"\nmsgid "Return"\nmsgstr "Trả lại"\n')
    fragment(checkout, "snippets", 'msgid "Return"\nmsgstr "Quay lại"\n')
    messages.merge(checkout)
    merged = messages.entries(checkout.own / "vi" / "LC_MESSAGES" / "django.po")
    assert [(entry.context, entry.string) for entry in merged] == [(None, "Quay lại"), ("stage", "Trả lại")]


def test_a_plural_takes_the_place_of_the_same_singular(checkout):
    fragment(checkout, "a", 'msgid "one card"\nmsgstr "%(n)s phiếu"\n')
    fragment(checkout, "b", 'msgid "one card"\nmsgid_plural "%(n)s cards"\nmsgstr[0] "%(n)s phiếu"\n')
    messages.merge(checkout)
    merged = messages.entries(checkout.own / "vi" / "LC_MESSAGES" / "django.po")
    assert [entry.id for entry in merged] == [("one card", "%(n)s cards")]


def test_fragments_for_scripts_make_a_catalogue_of_their_own(checkout):
    fragment(checkout, "js/workspace", 'msgid "Saved"\nmsgstr "Đã lưu"\n')
    messages.merge(checkout)
    assert [path.name for path in checkout.po_files()] == ["djangojs.po"]


def test_compiling_twice_gives_the_same_bytes_without_a_date(checkout):
    fragment(checkout, "workspace", 'msgid "Save"\nmsgstr "Lưu"\n')
    build(checkout)
    compiled = checkout.own / "vi" / "LC_MESSAGES" / "django.mo"
    first = compiled.read_bytes()
    compiled.unlink()
    build(checkout)
    assert compiled.read_bytes() == first
    assert b"Date" not in first
    assert b"Babel" not in first


# --- checking -----------------------------------------------------------------------------------------------


def test_a_checkout_in_order_has_no_faults(checkout):
    code(checkout, 'from x import _\n_("Save %(name)s")\n')
    fragment(checkout, "workspace", 'msgid "Save %(name)s"\nmsgstr "Lưu %(name)s"\n')
    build(checkout)
    assert messages.faults(checkout) == []


def test_stale_files_are_found(checkout):
    fragment(checkout, "workspace", 'msgid "Save"\nmsgstr "Lưu"\n')
    assert messages.faults(checkout) == [
        "kpi_cms/locale/vi/LC_MESSAGES/django.po is older than its fragments. Run `make messages`."
    ]
    messages.merge(checkout)
    assert messages.faults(checkout) == [
        "kpi_cms/locale/vi/LC_MESSAGES/django.mo is older than its .po file. Run `make messages`."
    ]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('msgid "Save"\nmsgstr ""\n', "'Save' has no Vietnamese text"),
        (
            '#, fuzzy\nmsgid "Save"\nmsgstr "Lưu"\n',
            "'Save' is marked fuzzy: read the Vietnamese, correct it and take the mark away",
        ),
        (
            'msgid "Hello %(name)s"\nmsgstr "Chào %(ten)s"\n',
            "'Hello %(name)s' has placeholders ['%(name)s'], its Vietnamese has ['%(ten)s']",
        ),
        (
            'msgid "{n} cards"\nmsgstr "các phiếu"\n',
            "'{n} cards' has placeholders ['{n}'], its Vietnamese has []",
        ),
        (
            'msgid "one card"\nmsgid_plural "%(n)s cards"\nmsgstr[0] "một phiếu"\n',
            "'one card' has placeholders ['%(n)s'], its Vietnamese has []",
        ),
        ('msgid "<b>Now</b>"\nmsgstr "Ngay"\n', "'<b>Now</b>' has other HTML tags than its Vietnamese"),
        ('msgid "Save"\nmsgstr "Save"\n', "'Save' is still in English"),
    ],
)
def test_a_faulty_entry_is_named(checkout, entry, fault):
    fragment(checkout, "workspace", entry)
    build(checkout)
    assert messages.faults(checkout) == [f"kpi_cms/locale/vi/LC_MESSAGES/django.po: {fault}."]


@pytest.mark.parametrize(
    "entry",
    ['msgid "PDF"\nmsgstr "PDF"\n', 'msgid "100 %%"\nmsgstr "100 %%"\n', 'msgid "Excel"\nmsgstr "Excel"\n'],
)
def test_what_is_the_same_in_both_languages_is_no_fault(checkout, entry):
    fragment(checkout, "workspace", entry)
    build(checkout)
    assert messages.faults(checkout) == []


@pytest.mark.parametrize(
    "call",
    [
        '_("Save")',
        'gettext("Save")',
        'gettext_lazy("Save")',
        'N_("Save")',
        'ngettext("Save", "Save all", n)',
        'ngettext_lazy("Save", "Save all", "n")',
        '_("Sa"\n  "ve")',
    ],
)
def test_a_message_in_python_without_vietnamese_is_found(checkout, call):
    code(checkout, f"\n{call}\n")
    assert messages.faults(checkout) == [
        "snippets/views.py:2: 'Save' has no Vietnamese. Add it to a fragment in kpi_cms/locale/fragments."
    ]


def test_a_message_with_a_context_needs_the_text_of_that_context(checkout):
    code(checkout, 'pgettext("stage", "Return")\n')
    fragment(checkout, "workspace", 'msgid "Return"\nmsgstr "Quay lại"\n')
    build(checkout)
    assert messages.faults(checkout) == [
        (
            "snippets/views.py:1: 'Return' (context 'stage') has no Vietnamese. "
            "Add it to a fragment in kpi_cms/locale/fragments."
        )
    ]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ('<p>\n  {% translate "Save" %}</p>', "'Save'"),
        (
            "{% blocktranslate trimmed with name=x %}\n  Save\n  {{ name }}\n{% endblocktranslate %}",
            "'Save %(name)s'",
        ),
        ("{% blocktranslate count n=n %}One{% plural %}{{ n }} cards{% endblocktranslate %}", "'One'"),
        ('{% translate "Return" context "stage" %}', "'Return' (context 'stage')"),
        ('{% include "x.html" with label=_("Save") %}', "'Save'"),
        ('{{ value|default:_("Save") }}', "'Save'"),
    ],
)
def test_a_message_in_a_template_without_vietnamese_is_found(checkout, text, missing):
    template(checkout, text)
    found = [fault.split(": ", 1)[1].split(" has no Vietnamese")[0] for fault in messages.faults(checkout)]
    assert found == [missing]


def test_a_message_in_a_script_needs_the_catalogue_of_scripts(checkout):
    (checkout.root / "snippets" / "app.js").write_text('gettext("Saved"); _("minified")', encoding="utf-8")
    fragment(checkout, "workspace", 'msgid "Saved"\nmsgstr "Đã lưu"\n')
    build(checkout)
    assert messages.faults(checkout) == [
        "snippets/app.js:1: 'Saved' has no Vietnamese. Add it to a fragment in kpi_cms/locale/fragments."
    ]
    fragment(checkout, "js/workspace", 'msgid "Saved"\nmsgstr "Đã lưu"\n')
    build(checkout)
    assert messages.faults(checkout) == []


def test_what_no_extractor_can_read_is_refused(checkout):
    code(checkout, 'from django.utils.translation import gettext as tr\ngettext(f"Save {x}")\n')
    assert messages.faults(checkout) == [
        "snippets/views.py:1 imports gettext as tr: only _ and N_ are looked for.",
        "snippets/views.py:2 translates a text built at run time: use a named placeholder.",
    ]


def test_entries_nobody_asks_for_are_listed_but_those_of_the_host_are_in_use(checkout):
    code(checkout, '_("Save card")\n')
    fragment(
        checkout,
        "workspace",
        'msgid "Save card"\nmsgstr "Lưu phiếu"\n\nmsgid "Old words"\nmsgstr "Câu cũ"\n\n'
        'msgid "Awaiting your review"\nmsgstr "Chờ bạn"\n',
    )
    build(checkout)
    assert messages.unused(checkout, messages.used(checkout.root)) == [
        "kpi_cms/locale/vi/LC_MESSAGES/django.po: 'Old words' is used nowhere."
    ]


def test_the_command_says_what_is_wrong_and_exits_with_1(checkout, monkeypatch, capsys):
    code(checkout, '_("Save")\n')
    monkeypatch.setattr(messages, "Layout", lambda: checkout)
    assert messages.main(["merge", "compile", "check"]) == 1
    assert capsys.readouterr().err == (
        "The catalogues are not in order (check):\n"
        "snippets/views.py:1: 'Save' has no Vietnamese. Add it to a fragment in kpi_cms/locale/fragments.\n"
    )
    fragment(checkout, "workspace", 'msgid "Save"\nmsgstr "Lưu"\n\nmsgid "Old"\nmsgstr "Cũ"\n')
    assert messages.main(["merge", "compile", "check"]) == 0
    assert capsys.readouterr().out == (
        "note: kpi_cms/locale/vi/LC_MESSAGES/django.po: 'Old' is used nowhere.\n"
    )


def test_the_command_lists_what_the_host_lacks(checkout, monkeypatch, capsys):
    monkeypatch.setattr(messages, "Layout", lambda: checkout)
    assert messages.main(["gaps"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "django: 'Awaiting your review'" in lines
    assert "djangojs: 'Page explorer'" in lines
