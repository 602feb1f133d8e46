"""An example for each command, shown at the end of its ``--help``."""

import click

#: By the words of the command, what somebody types.
EXAMPLES = {
    "activate": 'cds activate metformin-renal@1.0.0 --set result-age="180 days" --why "our laboratory\'s advice"',
    "approve": 'cds approve warfarin-nsaid@1.0.0 --why "read with the label at hand" --token my-token',
    "canary": "cds canary diabetes-care@1.0.0 --share 10% --why 'two weeks in the shadow'",
    "decisions again": "cds decisions again e83a90bd-c587-5b1c-891a-f9d0febb1f19",
    "decisions list": "cds decisions list --limit 20",
    "decisions show": "cds decisions show e83a90bd-c587-5b1c-891a-f9d0febb1f19",
    "diff": "cds diff opioid-safety@1.0.0 opioid-safety@2.0.0",
    "docs": "cds docs warfarin-nsaid --out pages",
    "explain": "cds explain warfarin-nsaid docs/examples/order-sign.json --at 2026-05-01",
    "export": "cds export warfarin-nsaid --out export",
    "format": "cds format rulesets --check",
    "lint": "cds lint hyperkalaemia-orders@draft --fix",
    "new": "cds new hyperkalaemia-orders",
    "publish": 'cds publish hyperkalaemia-orders --entry "Which patients see what, and since when."',
    "replay": "cds replay docs/examples/order-sign.json --known docs/known-disagreements.yaml",
    "resume": "cds resume opioid-safety high-dose --why 'thresholds corrected'",
    "retire": "cds retire diabetes-care@1.0.0 --why 'replaced'",
    "rollback": "cds rollback metformin-renal --why 'too many cards'",
    "schema": "cds schema > rulesets/schema.json",
    "serve": "CDS_PORT=8080 cds serve",
    "shadow report": "cds shadow report diabetes-care@1.0.0 --examples 2",
    "shadow start": "cds shadow start diabetes-care@1.0.0 --why 'first look'",
    "status": "cds status metformin-renal --history",
    "stop": "cds stop opioid-safety high-dose --why 'fires for patients in hospice'",
    "test": "cds test hyperkalaemia-orders@draft --mutate --html report.html",
    "tokens check": "cds tokens check http://127.0.0.1:8000/cds-services < my-token",
    "tokens lab": "cds tokens lab token-lab",
    "tokens make": "cds tokens make http://127.0.0.1:8000/cds-services --tenant east",
    "tokens try": "cds tokens try http://127.0.0.1:8000",
    "valuesets check": "cds valuesets check warfarin-nsaid",
    "valuesets diff": "cds valuesets diff diabetes-care/diabetes-any expansion-2026.json",
    "valuesets import": "cds valuesets import expansion.json --as potassium --into hyperkalaemia-orders",
    "valuesets list": "cds valuesets list warfarin-nsaid",
    "valuesets show": "cds valuesets show warfarin-nsaid/nsaid-systemic",
    "verify": "cds verify warfarin-nsaid@1.0.0",
}


def teach(command: click.Command, words: str = "") -> None:
    """Put its example at the end of the help of each command below this one; lists show the whole first sentence."""
    command.short_help = command.get_short_help_str(limit=500)
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            teach(each, f"{words} {name}".strip())
    elif words in EXAMPLES:
        command.epilog = f"\b\nExample:\n  {EXAMPLES[words]}"
