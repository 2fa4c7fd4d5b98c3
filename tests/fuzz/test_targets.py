"""A short run of the fuzzer; `make fuzz` runs it for long."""

import pytest

from tests.fuzz.targets import TARGETS, Target, fuzz

COUNT = 25


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.__name__)
def test_what_strangers_send_is_read_or_refused(target: Target, tmp_path_factory: pytest.TempPathFactory) -> None:
    """By an error of ours, whatever it is."""
    for seed in range(COUNT):
        fuzz(target, seed, tmp_path_factory.mktemp("fuzz"))
