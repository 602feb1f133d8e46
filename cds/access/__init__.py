"""Who is calling: the client registry, CDS Hooks tokens and their keys, and how often a client may call."""
