from __future__ import annotations

from reports.table import data_table


def test_numbers_stand_to_the_right_and_heads_name_their_columns() -> None:
    shown = data_table(("what", "how many"), [("lost", "3")], numeric=(1,))
    assert '<th scope="col">what</th><th class="number" scope="col">how many</th>' in shown
    assert '<td>lost</td><td class="number">3</td>' in shown


def test_texts_are_escaped() -> None:
    assert "<b>" not in data_table(("a",), [("<b>",)])
