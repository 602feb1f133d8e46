"""What a prefetch lacks, read from the client's FHIR server: a listed one, with the token of the call, in time.

Whatever goes wrong there is a reason, never a fault: the template then stays as the client supplied it.
"""
