"""Services as EHRs see them: services.yaml, which versions answer at a moment, discovery."""
