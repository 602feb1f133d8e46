"""FHIR R4 resources to typed facts with provenance. Pure: the moment and the zone are parameters."""
