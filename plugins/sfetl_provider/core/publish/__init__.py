"""Making a month visible: one transaction that replaces it and writes its ledger row, or changes nothing."""
