from __future__ import annotations

from xml.etree import ElementTree as ET

from reports.results import Step
from reports.sequence import lay_out
from reports.sequence_svg import draw_svg
from reports.tests.sample_runs import sample_finding


def drawn(*steps: Step) -> ET.Element:
    return ET.fromstring(draw_svg(lay_out(steps), "a title", "k"))


def looks(svg: ET.Element) -> list[str]:
    return [element.get("class", "") for element in svg.iter()]


def test_every_lane_has_its_name() -> None:
    svg = ET.fromstring(draw_svg(lay_out(sample_finding().timeline), "a title", "k"))
    assert [t.text for t in svg.iter("text") if t.get("class") == "lane-name"] == [
        "c5",
        "c3",
        "c1",
        "c4",
        "backend",
    ]


def test_it_can_be_read_aloud() -> None:
    svg = drawn(Step(1, "c1", "x", to="backend"))
    assert svg.get("role") == "img"
    named = {e.get("id"): e.text for e in svg if e.get("id")}
    assert [named[i] for i in svg.get("aria-labelledby", "").split()] == [
        "a title",
        "1 steps between c1, backend; written out below.",
    ]


def test_an_arrow_has_a_head_at_its_end() -> None:
    svg = drawn(Step(1, "backend", "m1", to="c1"))
    (head,) = (e for e in svg.iter("path") if e.get("class") == "head")
    (lane, *_) = (e for e in svg.iter("path") if e.get("class") == "lane")
    assert head.get("d", "").split()[0] == lane.get("d", "").split()[0]


def test_a_missing_delivery_is_dashed_and_crossed_and_has_no_head() -> None:
    found = looks(drawn(Step(1, "backend", "never came", "expected", "c1")))
    assert "wire dashed" in found
    assert "cross" in found
    assert "head" not in found
    assert "step expected" in found


def test_what_must_not_have_come_is_marked() -> None:
    assert "step bad" in looks(drawn(Step(1, "backend", "again", "bad", "c1")))


def test_what_happens_on_one_lane_is_written_towards_the_room() -> None:
    svg = drawn(Step(1, "c1", "left"), Step(2, "backend", "right"))
    anchors = {e.text: e.get("text-anchor") for e in svg.iter("text")}
    assert (anchors["left"], anchors["right"]) == ("start", "end")


def test_a_long_label_is_cut_and_kept_whole_in_its_tooltip() -> None:
    long = "word " * 40
    svg = drawn(Step(1, "backend", long, to="c1"))
    assert any((e.text or "").endswith("…") for e in svg.iter("text"))
    assert any(long in (e.text or "") for e in svg.iter("title"))


def test_labels_from_the_wire_cannot_become_elements() -> None:
    svg = drawn(Step(1, "<b>c1</b>", "</svg><script>x</script>", to='"><img>'))
    assert {e.tag for e in svg.iter()} <= {"svg", "title", "desc", "path", "rect", "text", "g", "circle"}
