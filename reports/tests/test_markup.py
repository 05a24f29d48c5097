from __future__ import annotations

from reports.markup import LONGEST_TEXT, Markup, join, preformatted, tag, text


def test_text_is_escaped() -> None:
    assert tag("p", "<b> & 'c'") == "<p>&lt;b&gt; &amp; &#x27;c&#x27;</p>"


def test_markup_is_kept() -> None:
    assert tag("p", tag("b", "x"), " y") == "<p><b>x</b> y</p>"


def test_attributes_are_escaped() -> None:
    assert tag("p", title='" onclick="x') == '<p title="&quot; onclick=&quot;x"></p>'


def test_attribute_names_are_those_of_html() -> None:
    assert tag("p", class_="a", aria_label="b", viewBox="c") == '<p class="a" aria-label="b" viewBox="c"></p>'


def test_an_attribute_that_is_not_set_is_left_out() -> None:
    assert tag("p", id=None, hidden=False, open=True) == "<p open></p>"


def test_numbers_are_written_short() -> None:
    assert tag("rect", x=1 / 3, y=2) == '<rect x="0.333333" y="2"></rect>'


def test_children_are_joined() -> None:
    assert join(["<", tag("i")], " ") == "&lt; <i></i>"


def test_lines_of_a_pre_stay_lines() -> None:
    assert preformatted(["a<", "b\nc"]) == "<pre>a&lt;\nb\\nc</pre>"


def test_a_long_text_is_cut() -> None:
    assert len(text("x" * 10_000)) < LONGEST_TEXT + 40


def test_text_is_markup_and_not_escaped_twice() -> None:
    assert tag("p", text("<")) == "<p>&lt;</p>"
    assert isinstance(text("<"), Markup)
