"""What was decided and what became of it, kept: sealed records, a spool on this machine, and the SQL store.

    recorder -> spool (before the answer leaves) -> shipper (a process of its own) -> SQL -> reading

A record is *appended* when it lies in the spool: it survives the end of any process. It is *shipped* when SQL has
committed it. Nothing here knows what a decision is about: ``decisions.record`` and ``feedback`` say what is kept, and
which part of it is sealed.
"""
