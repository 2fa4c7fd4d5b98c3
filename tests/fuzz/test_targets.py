"""A short run of the fuzzer; `make fuzz` runs it for long."""

import pytest

from tests.fuzz.asked import decisions
from tests.fuzz.targets import TARGETS, Target, fuzz, indexed, tables, verbs

pytestmark = pytest.mark.usefixtures("unmeasured")

COUNT = 25
FEW = {verbs: 2, indexed: 4, tables: 3, decisions: 8}
"""Of what runs many commands."""


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.__name__)
def test_what_strangers_send_is_read_or_refused(target: Target, tmp_path_factory: pytest.TempPathFactory) -> None:
    """By an error of ours, whatever it is."""
    for seed in range(FEW.get(target, COUNT)):
        fuzz(target, seed, tmp_path_factory.mktemp("fuzz"))
