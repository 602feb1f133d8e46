"""What was judged before, kept for a while: sealed, tied to its patient, and never able to change an answer.

Beside the flow: ``decisions.answer`` looks here before it judges and leaves its result here afterwards. A cache that is
down, slow, full or wrong costs time and nothing else: every fault in this package is a miss, counted and logged once.
"""
