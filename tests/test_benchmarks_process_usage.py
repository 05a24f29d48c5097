from __future__ import annotations

from benchmarks.process_usage import Usage


def test_the_busiest_process_is_that_which_used_most_since_and_not_from_the_beginning() -> None:
    earlier = Usage({1: 9.0, 2: 1.0}, 0)
    later = Usage({1: 9.5, 2: 3.0, 3: 1.0}, 0)
    assert later.busiest_since(earlier) == 2.0
    assert later.cpu_s == 13.5
