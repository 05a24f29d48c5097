from __future__ import annotations

import re

import pytest

from reports.charts import (
    Layer,
    Scale,
    TimeChart,
    draw_chart,
    fitting,
    linear,
    mirrored,
    ratio_scale,
)
from reports.results import PhaseSpan


def chart(*layers: Layer, phases: tuple[PhaseSpan, ...] = (), bins: int = 4) -> TimeChart:
    scale = linear([layer.values for layer in layers], str)
    return TimeChart("k", "Title <x>", "What it shows.", layers, scale, 1.0, bins, phases)


def path_of(markup: str, look: str) -> str:
    found = re.search(rf'<path d="([^"]*)" class="{look}"', markup)
    assert found is not None
    return found[1]


def test_a_line_goes_through_the_middle_of_each_bin() -> None:
    drawn = draw_chart(chart(Layer("a", (0, 1, 2, 4), "p50")))
    assert path_of(drawn, "stroke") == "M125.0 100.00 375.0 75.00 625.0 50.00 875.0 0.00"


def test_where_there_is_no_value_there_is_a_gap() -> None:
    drawn = draw_chart(chart(Layer("a", (4, 4, None, 4), "p50")))
    assert path_of(drawn, "stroke") == "M125.0 0.00 375.0 0.00"
    assert path_of(drawn, "dots") == "M875.0 0.00h0"


def test_a_line_crosses_bins_in_which_there_was_nothing_to_measure() -> None:
    drawn = draw_chart(chart(Layer("a", (4, None, None, 4), "p50", silent=frozenset({1, 2}))))
    assert path_of(drawn, "stroke") == "M125.0 0.00 875.0 0.00"


def test_a_line_stops_where_something_was_lost() -> None:
    drawn = draw_chart(chart(Layer("a", (4, None, None, 4), "p50", silent=frozenset({1}))))
    assert path_of(drawn, "dots") == "M125.0 0.00h0M875.0 0.00h0"


def test_a_line_does_not_cross_a_long_silence() -> None:
    values = (4, *[None] * 11, 4)
    drawn = draw_chart(chart(Layer("a", values, "p50", silent=frozenset(range(13))), bins=13))
    assert 'class="stroke"' not in drawn


def test_an_area_is_closed_at_the_base_line() -> None:
    drawn = draw_chart(chart(Layer("a", (4, 4, None, None), "open", "area")))
    assert path_of(drawn, "fill") == "M125.0 100L125.0 0.00 375.0 0.00 375.0 100Z"


def test_bars_go_up_and_down_from_zero() -> None:
    layer = Layer("a", (2, -2, 0, None), "connects", "bars")
    scale = mirrored([layer.values], str)
    drawn = draw_chart(TimeChart("k", "t", "s", (layer,), scale, 1.0, 4))
    assert path_of(drawn, "layer connects bars").count("V0.00") == 1
    assert path_of(drawn, "layer connects bars").count("V100.00") == 1


def test_marks_stand_where_the_value_is_not_zero() -> None:
    drawn = draw_chart(chart(Layer("a", (0, 3, 0, None), "lost", "marks")))
    assert path_of(drawn, "layer lost marks") == "M375.0 100v-9"


def test_only_main_phases_are_shaded_within_the_chart() -> None:
    phases = (
        PhaseSpan("w", "set-up", 0, 1),
        PhaseSpan("w", "main", 1, 9),
        PhaseSpan("w", "main", 2, 2),
    )
    drawn = draw_chart(chart(Layer("a", (1, 1, 1, 1), "p50"), phases=phases))
    assert re.findall(r'<rect x="([\d.]+)" y="0" width="([\d.]+)"', drawn) == [("250", "750")]


def test_a_narrow_phase_keeps_its_shade_and_gives_up_its_name() -> None:
    phases = (PhaseSpan("wide one", "main", 0, 3), PhaseSpan("narrow one", "main", 3, 3.2))
    drawn = draw_chart(chart(Layer("a", (1, 1, 1, 1), "p50"), phases=phases))
    assert "wide one" in drawn
    assert "narrow one" not in drawn


def test_it_can_be_read_aloud() -> None:
    drawn = draw_chart(chart(Layer("a", (1, 1, 1, 1), "p50")))
    assert 'role="img" aria-labelledby="k-title k-desc"' in drawn
    assert '<title id="k-title">Title &lt;x&gt;</title><desc id="k-desc">What it shows.</desc>' in drawn


def test_one_series_needs_no_legend() -> None:
    one, two = Layer("first", (1,), "p50"), Layer("second", (1,), "p95")
    assert "legend" not in draw_chart(chart(one, bins=1))
    assert "second" in draw_chart(chart(one, two, bins=1))


def test_a_linear_scale_ends_at_a_round_value() -> None:
    scale = linear([(3, 87.0)], str)
    assert (scale.low, scale.high) == (0, 100)
    assert scale.ticks() == [0, 25, 50, 75, 100]


def test_a_value_without_a_label_is_no_tick() -> None:
    assert linear([(10,)], lambda v: str(v) if v == int(v) else "").ticks() == [0, 5, 10]


def test_a_scale_of_nothing_still_has_a_height() -> None:
    assert linear([(None, 0)], str).high > 0


def test_close_latencies_are_drawn_linear() -> None:
    assert not fitting([(10, 200.0)], str).logarithmic


def test_latencies_far_apart_are_drawn_logarithmic() -> None:
    scale = fitting([(2, None, 5000.0)], str)
    assert scale.logarithmic
    assert scale.low == 1
    assert scale.ticks() == [1, 10, 100, 1000]
    assert scale.place(1) == 0
    assert scale.place(5000) < 1


def test_a_narrow_logarithmic_scale_has_ticks_between_decades() -> None:
    assert Scale(10, 500, str, logarithmic=True).ticks() == [10, 30, 100, 300]


@pytest.mark.parametrize(
    ("worst", "low"),
    [(1.0, 0.99), (0.995, 0.99), (0.97, 0.95), (0.9, 0.75), (0.8, 0.75), (0.3, 0.0), (0.0, 0.0)],
)
def test_a_ratio_scale_shows_small_losses_large(worst: float, low: float) -> None:
    assert ratio_scale((1.0, worst, None), str).low == low


def test_labels_of_a_mirrored_scale_have_no_sign() -> None:
    scale = mirrored([(1, -4)], str)
    assert scale.low == -scale.high
    assert scale.label(-2) == "2"


@pytest.mark.parametrize(("bins", "labels"), [(4, ["0", "1 s", "2 s", "3 s"]), (7200, ["0", "30 min 00 s"])])
def test_the_time_axis_has_few_round_labels(bins: int, labels: list[str]) -> None:
    drawn = draw_chart(chart(Layer("a", (1,) * bins, "p50"), bins=bins))
    axis = drawn[drawn.index('class="xs"') :]
    assert re.findall(r">([^<>]+)</span>", axis)[: len(labels)] == labels
    assert len(re.findall(r"</span>", axis)) <= 7
