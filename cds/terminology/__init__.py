"""Code systems, codings, value sets and drug products. Pure; the tables are data beside the code."""
