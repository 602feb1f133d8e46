"""What authors need: their cases read and run, their rulesets checked before anyone relies on them."""
