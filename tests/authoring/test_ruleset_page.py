"""A page says what its ruleset says, cannot be broken by what stands in it, and has no outside resources."""

from html.parser import HTMLParser

import pytest

from cds.authoring.case_judging import case_files
from cds.authoring.cases import expand
from cds.authoring.clinical_notes import notes_about
from cds.authoring.page_html import html_of
from cds.authoring.ruleset_page import Sources, page
from cds.authoring.versions import read_version
from tests.authoring.drafts import write_draft

VOID = {"meta", "br", "link"}


class Tags(HTMLParser):
    """Every tag opened and closed; what is open at the end."""

    def __init__(self):
        super().__init__()
        self.open, self.names, self.links = [], [], []

    def handle_starttag(self, tag, attributes):
        self.names.append(tag)
        self.links += [value for key, value in attributes if key in {"src", "href"}]
        if tag not in VOID and tag != "li":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def made(tmp_path, *changed, mermaid=True, **told):
    folder = write_draft(tmp_path, "1.0.0", *changed)
    version, problems = read_version(folder)
    assert version is not None, problems
    runs = [run for file in case_files(folder) for run in expand(file)[0]]
    return page(version, Sources(runs, **told), mermaid=mermaid)


def test_it_says_what_for_whom_on_which_evidence_with_examples(tmp_path):
    text = made(tmp_path, changelog="# Changes\n\n## 1.0.0 (2026-03-01)\n\nThe first.\n")
    for part in (
        "**No clinician has approved this version. Not for use with patients.**",
        '**raises-potassium**: warning, "Trimethoprim with potassium {newest}"',
        "- when: Trimethoprim is being ordered; Potassium above 5.0",
        "- unless: Dialysis is on record",
        "- when: Trimethoprim is being ordered; not known: Potassium above 5.0",
        "[Trimethoprim, summary of product characteristics](https://example.org/trimethoprim) | regulatory |",
        "| label warning | - | 2 |",
        "Where an exception is unknown, these speak as if there was none: `raises-potassium`.",
        "| `trimethoprim` | 1 RxNorm | trimethoprim |",
        "### raises-potassium speaks",
        "### No case shows not-checked",
        "#### 1.0.0 (2026-03-01)\n\nThe first.",
    ):
        assert part in text


def test_the_picture_leads_from_the_record_to_the_rule_and_the_list_says_the_same(tmp_path):
    text = made(tmp_path)
    picture = text.partition("```mermaid\n")[2].partition("```")[0]
    for line in ('rule(["raises-potassium"])', '["Potassium above 5.0"]', "-- unless --> rule", "d2 --> d1"):
        assert line in picture
    listed = made(tmp_path, mermaid=False)
    assert "mermaid" not in listed
    assert "- Potassium above 5.0\n  - Most recent potassium within 30 days" in listed


HIGH_OR_NOT_DIALYSIS = "says: Potassium above 5.0, value: newest, is: above 5.0 mmol/L}"
COMPOSED = """says: Potassium above 5.0 and no dialysis on record, all-of: [above-five, not on-dialysis]}
  above-five: {says: Potassium above 5.0, value: newest, is: above 5.0 mmol/L}"""


def test_what_is_joined_says_how_and_keeps_its_denials(tmp_path):
    """A reader of "dialysis is on record" below a sentence would take it for what is asked, and not for its denial."""
    listed = made(tmp_path, (HIGH_OR_NOT_DIALYSIS, COMPOSED), mermaid=False)
    assert "- Potassium above 5.0 and no dialysis on record (all of these)\n  - Potassium above 5.0\n" in listed
    assert "\n  - not: Dialysis is on record\n" in listed
    picture = made(tmp_path, (HIGH_OR_NOT_DIALYSIS, COMPOSED))
    assert '["Potassium above 5.0 and no dialysis on record<br>(all of these)"]' in picture
    assert "-- not -->" in picture


def test_it_says_what_a_site_has_to_review_and_disclaims(tmp_path):
    extensible = ("potassium: {loinc: {2823-3: Potassium in Serum or Plasma}}",
                  "potassium: {loinc: {2823-3: K}, extensible: yes, url: http://a.example/vs, version: 2}")  # fmt: skip
    text = made(tmp_path, extensible, notes={"../clinical-notes.md": "Left out: MF-7."})
    limits = text.partition("## Limits")[2].partition("## What it does")[0]
    for part in (
        "no complete check of its topic",
        "[below](#choices-and-what-is-left-out)",
        "last compared on 2026-01-15",
        "LOINC, RxNorm, SNOMED CT",
        "its own codes for `potassium`",
    ):
        assert part in limits
    assert "| `potassium` | 1 LOINC | K | http://a.example/vs\\|2 |" in text
    assert "provided as it is, without warranty" in text.partition("## Disclaimer")[2]
    assert '<h2 id="choices-and-what-is-left-out">' in html_of(text, "t")
    assert "left out" not in made(tmp_path).partition("## What it does")[0]


HOSTILE = 'title: "A | b <script>alert(1)</script> [x](javascript:alert(1)) `c` *d*"'


def test_what_an_author_writes_is_text_on_the_page(tmp_path):
    text = made(tmp_path, ("title: Trimethoprim and potassium", HOSTILE), mermaid=False)
    html = html_of(text, "t")
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    assert not {"script", "img", "iframe", "link"} & set(tags.names)
    ours = ["../../LICENSE", "../intended-use.md", "../hazard-log.md"]
    assert tags.links == ["https://example.org/trimethoprim", *ours]
    assert "A | b &lt;script&gt;alert(1)&lt;/script&gt; [x](javascript:alert(1)) `c` *d*" in html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a\nb", "<p>a b</p>"),
        ("- a\n  - b\n- c", "<ul><li>a\n<ul><li>b\n</ul><li>c\n</ul>"),
        ("|  |  |\n|---|---|\n| a | `b` |", "<tr><td>a</td><td><code>b</code></td></tr>"),
        ("[a](javascript:x)", "<p>a</p>"),
        ("[a](../b.md)", '<p><a href="../b.md">a</a></p>'),
        ("```\n<b>\n```", "<pre>&lt;b&gt;</pre>"),
        ("**a \\* b**", "<strong>a * b</strong>"),
    ],
)
def test_markdown_as_html(markdown, html):
    assert html in html_of(markdown, "t")


def test_notes_are_found_by_the_topic_or_the_measure_and_their_links_still_lead_there(tmp_path):
    docs = tmp_path / "docs"
    (docs / "clinical-notes").mkdir(parents=True)
    (docs / "clinical-notes.md").write_text(
        "# All\n\n## Kidneys (topic 05)\n\nSee [a](problems/x.md).\n\n## Other\n\nNo.\n"
    )
    (docs / "clinical-notes" / "measures.md").write_text("# M\n\n## Eyes (CMS131)\n\n### More\n\n[up](../a.md)\n")
    file = tmp_path / "ruleset.yaml"
    file.write_text("# Dossier 05.\nformat: 1\n# CMS131\n")
    assert notes_about(file, docs) == {"../clinical-notes.md": "See [a](../problems/x.md)."}
    file.write_text("# CMS131, 2026\n")
    assert notes_about(file, docs) == {"../clinical-notes/measures.md": "#### More\n\n[up](../clinical-notes/../a.md)"}
    file.write_text("format: 1\n")
    assert notes_about(file, docs) == {}
