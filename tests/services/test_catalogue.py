# ruff: noqa: E501 -- one mistake a line reads best
"""services.yaml: every mistake with its place, its words and its hint; a hook that a ruleset lacks is a load error."""

import pytest

from cds.services.catalogue import load_services
from tests.rules.source.written import marked
from tests.services.versions import catalog, version

CATALOG = catalog(
    version("1.0.0", hooks=["order-sign", "order-select"]),
    version("2.0.0", hooks=["order-sign"]),
    version("1.0.0", name="other"),
)
SERVICES = """\
# remark
safety:
  hook: order-sign
  title: Safety
  description: Checks orders.
  rulesets:
    other: "*"
    example: ">=1.0.0 <3.0.0"
"""


def load(tmp_path, text: str, versions=CATALOG):
    path = tmp_path / "services.yaml"
    path.write_text(text, encoding="utf-8")
    services, problems = load_services(path, versions)
    return services, problems, str(path)


def test_services_and_their_rulesets_come_in_the_order_of_the_file(tmp_path):
    services, problems, path = load(tmp_path, SERVICES + SERVICES.replace("safety:", "again:"))
    assert problems == []
    assert [service.id for service in services] == ["safety", "again"]
    assert list(services[0].rulesets) == ["other", "example"]
    assert (services[0].hook, services[0].title, str(services[0].location)) == ("order-sign", "Safety", f"{path}:2:1")


SEVERAL = """\
safety:
  title: Safety
  description: Checks orders.
  usage-requirements: Agree on it first.
  hooks:
    order-sign:
      other: "*"
      example: ">=1.0.0 <3.0.0"
    order-select:
      example: ">=1.0.0 <2.0.0"
"""


def test_a_service_of_several_hooks_is_one_entry_for_each(tmp_path):
    services, problems, _ = load(tmp_path, SEVERAL)
    assert problems == []
    assert [(s.id, s.hook, list(s.rulesets)) for s in services] == [
        ("safety", "order-sign", ["other", "example"]),
        ("safety", "order-select", ["example"]),
    ]
    assert {s.usage_requirements for s in services} == {"Agree on it first."}


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("  hooks:", "  hook: order-sign\n  hooks:", ["CDS101"]),
        ("    order-select:", "    order-selekt:", ["CDS113"]),
        ('      example: ">=1.0.0 <2.0.0"', '      example: ">=1.0.0"', ["CDS324"]),
        ('    order-select:\n      example: ">=1.0.0 <2.0.0"\n', "    order-select: all\n", ["CDS110"]),
        ("usage-requirements: Agree on it first.", "usage-requirements: []", ["CDS111"]),
    ],
)
def test_a_mistake_in_a_service_of_several_hooks_is_told(tmp_path, old, new, codes):
    assert SEVERAL.count(old) == 1
    _, problems, _ = load(tmp_path, SEVERAL.replace(old, new))
    assert [p.code for p in problems] == codes


MISTAKES = [
    ("CDS201", "safety:", "§safe/ty:", '"safe/ty" cannot be a service id', "one URL path segment"),
    ("CDS201", "safety:", '§"":', '"" cannot be a service id', "one URL path segment"),
    ("CDS201", "safety:", "§..:", '".." cannot be a service id', "one URL path segment"),
    ("CDS101", "  title: Safety\n", "  title: Safety\n  §prefetch: {}\n", 'has no key "prefetch"', "one of: description"),
    ("CDS113", "hook: order-sign", "hook: §order-sing", 'hook cannot be "order-sing"', 'did you mean "order-sign"?'),
    ("CDS111", "title: Safety", "title: §[a]", '"title" must be a text', ""),
    ("CDS110", SERVICES.partition("rulesets:")[2], " §example\n", "rulesets must be a table", "key: value"),
    ("CDS321", '">=1.0.0 <3.0.0"', '§">=1.0"', '">=1.0" is not a range of versions', '">=1.0.0 <2.0.0", or "*"'),
    ("CDS322", "    example:", "    §exampel:", 'no ruleset is called "exampel"', 'did you mean "example"?'),
    ("CDS323", '">=1.0.0 <3.0.0"', '§">=4.0.0"', 'no version of "example" is in >=4.0.0', ""),
    ("CDS323", '">=1.0.0 <3.0.0"', '§">=2.0.0 <1.0.0"', "no version", ""),
]  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_services_is_told_with_its_place(tmp_path, mistake):
    code, old, new, gist, hint = mistake
    assert SERVICES.count(old) == 1
    text, places = marked(SERVICES.replace(old, new), str(tmp_path / "services.yaml"))
    _, problems, _ = load(tmp_path, text)
    assert [(p.code, str(p.location)) for p in problems] == [(code, place) for place in places]
    assert gist in problems[0].message
    assert hint in problems[0].hint


@pytest.mark.parametrize("key", ["hook", "title", "description", "rulesets"])
def test_a_service_needs_all_its_keys(tmp_path, key):
    lines = [line for line in SERVICES.splitlines(keepends=True) if not line.startswith(f"  {key}:")]
    text = "".join(line for line in lines if key != "rulesets" or not line.startswith("    "))
    _, problems, path = load(tmp_path, text)
    assert [(p.code, str(p.location)) for p in problems] == [("CDS109", f"{path}:3:3")]
    assert f'needs the key "{key}"' in problems[0].message


def test_a_hook_that_a_ruleset_lacks_is_a_load_error(tmp_path):
    _, problems, path = load(tmp_path, SERVICES.replace("order-sign", "patient-view"))
    assert [(p.code, str(p.location)) for p in problems] == [("CDS324", f"{path}:7:5"), ("CDS324", f"{path}:8:5")]
    assert problems[0].message == "does not answer at patient-view: other@1.0.0"


def test_one_version_in_range_without_the_hook_is_enough_an_older_one_must_not_answer_unnoticed(tmp_path):
    text = SERVICES.replace("order-sign", "order-select").replace('    other: "*"\n', "")
    _, problems, _ = load(tmp_path, text)
    assert [(p.code, p.message) for p in problems] == [("CDS324", "does not answer at order-select: example@2.0.0")]
    assert load(tmp_path, text.replace("<3.0.0", "<2.0.0"))[1] == []


def test_all_mistakes_are_told_at_once_and_sorted(tmp_path):
    text = SERVICES.replace("order-sign", "order").replace('"*"', '"?"').replace("    example:", "    none:")
    _, problems, _ = load(tmp_path, text)
    assert [(p.location.line, p.code) for p in problems] == [(3, "CDS113"), (7, "CDS321"), (8, "CDS322")]


@pytest.mark.parametrize(
    ("text", "code"), [("", "CDS106"), ("- a", "CDS110"), ("a: &x b", "CDS102"), ("a: b", "CDS110")]
)
def test_a_file_that_is_something_else_is_told(tmp_path, text, code):
    services, problems, _ = load(tmp_path, text)
    assert (services, [p.code for p in problems]) == ((), [code])


def test_a_missing_file_is_told(tmp_path):
    services, problems = load_services(tmp_path / "services.yaml", CATALOG)
    assert (services, [p.code for p in problems]) == ((), ["CDS320"])
    assert "which service answers which hook" in problems[0].hint


def test_a_service_answers_an_organisations_own_hook(tmp_path):
    versions = catalog(version("1.0.0", hooks=["org.example.chart-close"]))
    text = SERVICES.replace("order-sign", "org.example.chart-close").replace('    other: "*"\n', "")
    services, problems, _ = load(tmp_path, text, versions)
    assert problems == []
    assert [service.hook for service in services] == ["org.example.chart-close"]
