"""Where ruleset versions live: folders, digests, loading."""
