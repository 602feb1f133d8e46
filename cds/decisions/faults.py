"""Why a decision could not be made."""

from cds.errors import ServiceFault


class AllFaulted(ServiceFault):
    """No ruleset of the service could be judged; ``rulesets`` names them."""

    def __init__(self, rulesets: tuple[str, ...]) -> None:
        super().__init__(", ".join(rulesets))
        self.rulesets = rulesets


class RulesetsRejected(ServiceFault):
    """What was to be loaded has errors; ``problems`` are printed one by one."""

    def __init__(self, problems: tuple[object, ...]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


class OutOfTime(ServiceFault):
    """The time for the answer ended before any ruleset was judged."""


class LiveUnknown(ServiceFault):
    """Nobody knows which versions are live: the database that says so has not answered yet."""
