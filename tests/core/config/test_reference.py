"""The reference names every key, its default, and what must be given."""

from __future__ import annotations

from sfetl_provider.core.config.reference import reference_text


def test_the_reference_has_a_row_for_every_kind_of_key() -> None:
    rows = reference_text().splitlines()

    assert "| `table.name` | required | The target table. |" in rows
    assert any(row.startswith("| `columns[].nullable` | `true` | ") for row in rows)
    assert any(row.startswith("| **`stage`** | | ") for row in rows)
    assert any(
        row.startswith("| `qc.mode` | ") and "One of `file`, `snowflake`, `skip`." in row for row in rows
    )
    assert any(row.startswith("| `extends` |  | ") for row in rows)
