"""Value sets as they come and go: brought in from FHIR and CSV, compared, checked against tables, and who uses them."""
