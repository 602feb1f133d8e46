"""What the service counts of itself, for whoever watches it: names of ours and numbers, never anything of a patient."""
