"""What the rules need to ask for, and no more: prefetch templates derived from definitions."""
