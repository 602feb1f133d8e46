"""Clinical decision support rules service: CDS Hooks in, evidence-linked cards out."""

__version__ = "0.1.0"
