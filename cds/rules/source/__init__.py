"""Located YAML to a Ruleset: the rule language's reader. Reads files' contents, judges nothing."""
