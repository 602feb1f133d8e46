"""The language as JSON Schema 2020-12, for editors: keys to complete, shapes to underline.

Made from the tables of keys that the readers themselves use, so that the two cannot part. It knows shapes only: names,
units and meaning are for ``cds lint``. A new key of a clause appears by itself; its shape is any until it stands below.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from cds.formulas import FORMULAS
from cds.hooks.context import OWN_NAME
from cds.rules.source.definitions import ALWAYS_KEYS, CLAUSE_KEYS
from cds.rules.source.filters import KIND_WORDS
from cds.rules.source.key_descriptions import SAID
from cds.rules.source.names import NAME
from cds.rules.source.read import HOOKS, LIBRARY_KEYS, RULESET_KEYS
from cds.rules.source.rules import APPLIES_KEYS, CARD_KEYS, POLICIES, RULE_KEYS, SUGGESTION_KEYS, THEN_KEYS
from cds.rules.source.schedules import AGE_KEYS, CONDITION_KEYS, INTERVAL_KEYS, SCHEDULE_KEYS, WAY_KEYS
from cds.rules.source.value_sets import VALUE_SET_KEYS
from cds.terminology.coding import SYSTEM_NAMES

Shape = dict[str, Any]

_SCALARS = ["string", "number", "boolean"]
TEXT: Shape = {"$ref": "#/$defs/text"}
TEXTS: Shape = {"$ref": "#/$defs/texts"}
#: YAML readers of editors make numbers of 1.10 and truths of true: here both are texts.
_DEFS: Mapping[str, Shape] = {
    "text": {"type": _SCALARS, "pattern": r"\S"},
    "texts": {"anyOf": [TEXT, {"type": "array", "items": {"type": _SCALARS}, "minItems": 1}]},
}
_NAMED_TEXTS: Shape = {"type": "object", "additionalProperties": TEXT, "minProperties": 1}
_TABLE: Shape = {"type": "object", "title": "a table of keys"}
_CODES: Shape = {"type": "object", "title": "codes, each with its display or its columns"}
_LIST: Shape = {"type": "array"}
_DAY: Shape = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_YES_NO: Shape = {"enum": ["yes", "no", True, False]}
_NAME: Shape = {"pattern": "^" + NAME.pattern.removesuffix(r"\Z") + "$"}

#: Keys of definitions that are no text or list of texts.
_OF_DEFINITIONS: Mapping[str, Shape] = {
    "says": TEXT, "label": TEXT, "for-each": TEXT, "is": TEXT, "absent": TEXT, "formula": TEXT, "age": TEXT,
    "value": TEXT, "parameter": TEXT, "at-least": TEXT, "rounded-to": TEXT, "distinct": TEXT, "points": TEXT,
    "sex": {"enum": ["female", "male"]}, "on-tie": {"enum": ["highest", "lowest"]}, "among": {"enum": ["sure"]},
    "if-absent": {"enum": ["fails", "holds"]},
    "where": {"type": "object", "title": "attributes, each with what it must be", "additionalProperties": TEXTS},
    "pair": {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2},
    "score": _NAMED_TEXTS, "bands": _NAMED_TEXTS, "inputs": {"type": "object", "additionalProperties": TEXT},
    "choose": {"type": "array", "items": _NAMED_TEXTS, "minItems": 1},
    "forecast": TEXT, "schedule": TEXT, "apart-from": TEXT,
}  # fmt: skip
_NEEDS = {"points": ("bands",), "formula": ("inputs",), "at-least": ("of",), "forecast": ("schedule",)}
_AS_TEXTS = frozenset((
    "any", "latest", "earliest", "highest", "lowest", "average", "change", "count", "sum", "first-of", "newest-of",
    "ratio", "all-of", "any-of", "none-of", "of", "in", "not-in", "that", "status", "same", "different", "within",
))  # fmt: skip


_DECLARED = ("parameters", "periods", "value-sets", "schedules")
#: Clauses that name kinds of facts, or finders.
_OF_KINDS = frozenset({"any", "latest", "earliest", "highest", "lowest", "average", "change", "count"})
#: Offered as one types; other texts are names of finders.
_KIND: Shape = {"enum": sorted(KIND_WORDS)}


def schema() -> Shape:
    """The whole document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:cds-rules:ruleset:1",
        "description": "Shapes and keys; `cds lint` says what they mean. docs/language.md is the reference.",
        "$defs": dict(_DEFS),
        **_table(RULESET_KEYS, _RULESET, _REQUIRED, "A ruleset of the CDS rules service, format 1"),
    }


def library_schema() -> Shape:
    """The document for ``library.yaml``: the head and the declarations of a ruleset, and override reasons."""
    shapes = {**_RULESET, "library": TEXT, "override-reasons": _named(TEXT)}
    declared = {"approved-by", "uses", *_DECLARED, "definitions", "override-reasons"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:cds-rules:library:1",
        "description": "Shapes and keys; `cds lint` says what they mean. docs/language.md is the reference.",
        "$defs": dict(_DEFS),
        **_table(LIBRARY_KEYS, shapes, set(LIBRARY_KEYS) - declared, "A library of the CDS rules service, format 1"),
    }


def _table(
    keys: Iterable[str], shapes: Mapping[str, Shape], required: Iterable[str] = (), title: str = "a table of keys"
) -> Shape:
    """A table with exactly these keys; a key without a shape may hold anything.

    title: what it is; an editor that finds something else there says that it expected this.
    """
    return {
        "type": "object",
        "title": title,
        "properties": {key: _told(key, shapes.get(key, {})) for key in keys},
        "additionalProperties": False,
        **({"required": sorted(required)} if required else {}),
    }


def _told(key: str, shape: Shape) -> Shape:
    """With what an editor shows of a key."""
    return {**shape, "description": SAID[key]} if key in SAID else shape


def _named(shape: Shape) -> Shape:
    return {
        "type": "object",
        "title": "names, each with its entry",
        "propertyNames": _NAME,
        "additionalProperties": shape,
    }


def _definition() -> Shape:
    """One clause, and the keys that it allows beside it."""
    kinds = []
    for clause, allowed in sorted(CLAUSE_KEYS.items()):
        keys = dict.fromkeys((*ALWAYS_KEYS, clause, *allowed))
        shapes = {key: _OF_DEFINITIONS.get(key, TEXTS if key in _AS_TEXTS else {}) for key in keys}
        if clause in _OF_KINDS:
            shapes[clause] = {
                "anyOf": [_KIND, TEXT, {"type": "array", "items": {"anyOf": [_KIND, TEXT]}, "minItems": 1}]
            }
        if clause == "formula":
            shapes["formula"] = {"enum": sorted(FORMULAS)}
        if clause == "value":
            shapes |= {"in": TEXTS, "not-in": TEXTS}
        needs = ("says", clause, *_NEEDS.get(clause, ()))
        kind = _table(keys, shapes, required=needs, title=f"a definition with `{clause}`")
        kinds.append({**kind, "allOf": _inputs()} if clause == "formula" else kind)
    return {"oneOf": kinds}


def _inputs() -> list[Shape]:
    """Each formula takes inputs of its own."""
    return [
        {
            "if": {"properties": {"formula": {"const": name}}},
            "then": {"properties": {"inputs": {"propertyNames": {"enum": sorted(formula.inputs)}}}},
        }
        for name, formula in sorted(FORMULAS.items())
    ]


def _change(keys: Iterable[str], told_by: str) -> Shape:
    shapes = {
        "label": TEXT, "description": TEXT, "recommended": _YES_NO, "when": TEXTS, "unless": TEXTS, "remove": TEXT,
        "stop": TEXT, "replace": TEXT, "create": _TABLE, "instead-of": TEXT,
        "set": {"type": "object", "minProperties": 1},
    }  # fmt: skip
    kinds = [{"required": [key]} for key in ("remove", "stop", "replace", "create")]
    return {**_table(keys, shapes, required=(told_by,), title="a suggestion"), "oneOf": kinds}


_NOTE = _table(
    ("when", "unless", "text"), {"when": TEXTS, "unless": TEXTS, "text": TEXT}, required=("text",), title="a note"
)
_CARD = _table(
    CARD_KEYS,
    {
        "indicator": {"enum": ["info", "warning", "critical"]}, "summary": TEXT, "detail": TEXT, "evidence": TEXTS,
        "notes": {"type": "array", "items": _NOTE},
        "topic": _table(("system", "code", "display"), {"system": TEXT, "code": TEXT, "display": TEXT},
                        required=("system", "code")),
    },
    required=("indicator", "summary", "evidence"),
    title="a card",
)  # fmt: skip
_THEN = _table(
    THEN_KEYS,
    {
        "card": _CARD, "override-reasons": TEXTS, "choose": {"enum": ["at-most-one", "any"]}, "links": _LIST,
        "suggestions": {"type": "array", "items": _change(SUGGESTION_KEYS, "label")}, "system-actions": _LIST,
    },
    required=("card",),
    title="what a rule shows",
)  # fmt: skip
_CONDITIONS: Mapping[str, Shape] = {
    "when": TEXTS,
    "unless": TEXTS,
    "unless-unknown": {"enum": list(POLICIES)},
    "when-unknown": {"anyOf": [{"enum": ["stay-silent"]}, TEXT]},
}
_RULE = _table(
    RULE_KEYS,
    {
        **_CONDITIONS,
        "for-each": TEXT,
        "hooks": TEXTS,
        "family": TEXT,
        "despite": TEXTS,
        "again-after": TEXT,
        "then": _THEN,
    },
    required=("when", "then"),
    title="a rule",
)
_EVIDENCE = _table(
    ("title", "label", "link", "icon", "grade"),
    {
        "title": TEXT, "label": TEXT, "link": {"type": "string", "pattern": "^https?://"},
        "icon": {"type": "string", "pattern": "^https://"},
        "grade": _table(("scheme", "strength", "certainty"), dict.fromkeys(("scheme", "strength", "certainty"), TEXT),
                        required=("scheme", "strength"), title="a grade"),
    },
    required=("title", "link", "grade"),
    title="evidence",
)  # fmt: skip
#: One of the library, or an organisation's own.
_HOOK: list[Shape] = [{"enum": sorted(HOOKS)}, {"type": "string", "pattern": f"^{OWN_NAME.pattern[:-2]}$"}]
_VALUE_SET: Shape = {
    **_table(
        (*VALUE_SET_KEYS, *SYSTEM_NAMES),
        {
            **dict.fromkeys(SYSTEM_NAMES, _CODES),
            **dict.fromkeys(VALUE_SET_KEYS, TEXT), "include": TEXTS, "exclude": TEXTS, "extensible": _YES_NO,
            "only": {"type": "object", "title": "columns, each with what it must be", "additionalProperties": TEXTS},
        },
        title="a value set",
    ),
    "additionalProperties": _CODES,  # codes under the name or the URI of their system
}  # fmt: skip
_WAY: Shape = {
    **_table(
        WAY_KEYS,
        {
            "when": _table(CONDITION_KEYS, {**dict.fromkeys(CONDITION_KEYS, TEXT), "every-dose": TEXTS,
                                            "sex": {"enum": ["female", "male"]}}),
            "vaccines": TEXTS, "last": _YES_NO,
            "age": _table(AGE_KEYS, dict.fromkeys(AGE_KEYS, TEXT)),
            **dict.fromkeys(("interval", "since-first"), _table(INTERVAL_KEYS, dict.fromkeys(INTERVAL_KEYS, TEXT))),
        },
    ),
    "anyOf": [{"required": [key]} for key in ("age", "interval", "since-first", "vaccines")],
}  # fmt: skip
_WAYS: Shape = {"type": "array", "items": _WAY, "minItems": 1}
_SCHEDULE = _table(
    SCHEDULE_KEYS,
    {
        "says": TEXT, "grace": TEXT, "season": TEXT, "repeated-at-once": TEXTS,
        "apart": _table(("given", "planned"), {"given": TEXT, "planned": TEXT}),
        "for-sex": {"type": "object", "additionalProperties": {"enum": ["female", "male"]}},
        "doses": {"type": "array", "items": {"anyOf": [_WAY, _table(("ways",), {"ways": _WAYS}, required=("ways",))]},
                  "minItems": 1},
        "then": _WAYS,
    },
    required=("says", "doses"),
)  # fmt: skip
_RULESET: Mapping[str, Shape] = {
    "format": {"enum": [1, "1"]},
    "ruleset": TEXT,
    "version": {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"},
    "status": {"enum": ["draft", "published"]},
    "approved-by": TEXT,
    "title": TEXT,
    "publisher": TEXT,
    "hooks": {
        "anyOf": [*_HOOK, {"type": "array", "items": {"anyOf": _HOOK}, "minItems": 1}]
    },
    "approval-date": _DAY,
    "last-review-date": _DAY,
    "effective": _table(("from", "until"), {"from": _DAY, "until": _DAY}, required=("from",), title="a span of days"),
    "uses": _named({"type": "string", "pattern": r"^[a-z][a-z0-9-]*@[0-9]+\.[0-9]+\.[0-9]+$"}),
    "parameters": _named(
        _table(("says", "default", "allowed"), {"says": TEXT, "default": TEXT, "allowed": TEXTS},
               required=("says", "default"), title="a parameter")
    ),
    "periods": _named({}),
    "evidence": _named(_EVIDENCE),
    "value-sets": _named(_VALUE_SET),
    "schedules": _named(_SCHEDULE),
    "definitions": _named(_definition()),
    "applies": _table(APPLIES_KEYS, {**_CONDITIONS, "when-unknown": {"enum": ["stay-silent"]}}),
    "rules": {**_named(_RULE), "minProperties": 1},
}  # fmt: skip
_REQUIRED = tuple(set(RULESET_KEYS) - {"approved-by", "uses", *_DECLARED, "applies"})
