"""The longest record that QC takes for one, apart from those who read records: they need NumPy."""

from __future__ import annotations

RECORD_LIMIT_BYTES = 16 * 1024 * 1024
