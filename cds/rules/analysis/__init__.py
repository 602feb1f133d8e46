"""What is wrong with the meaning of a ruleset that can be read: sentences, bounds, tiers, names that nothing uses.

Asked once at load, of a ruleset without mistakes of form. Errors refuse the version; warnings and advice do not.
"""
