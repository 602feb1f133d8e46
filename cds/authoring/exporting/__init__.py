"""A version of a ruleset or library as FHIR R4: PlanDefinition, Library, ValueSet; and read back from them."""
