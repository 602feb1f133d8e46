"""Decide again over cases from outside, and say where we differ.

``reading`` brings cases in, ``corpus`` and ``bundles`` make requests of them, ``run`` asks and judges, ``tally``
counts, ``report`` tells. Nothing here changes a label, and nothing here decides what is clinically right.
"""
