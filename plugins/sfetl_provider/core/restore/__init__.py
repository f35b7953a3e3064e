"""Undoing a change of a month: a preview that changes nothing, then one transaction with its ledger row."""
