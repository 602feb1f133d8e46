"""The CDS Hooks wire contract, in and out."""
