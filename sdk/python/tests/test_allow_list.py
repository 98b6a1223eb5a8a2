"""Invariant no-free-text: the SDK writes what the product's own firewall would keep, and nothing else."""

import json
import random
from pathlib import Path

import pytest

from nexus_telemetry.allow_list import clean

from conftest import ALL

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
EVERYTHING = frozenset(ALL)
TYPES = sorted({vector["type"] for vector in VECTORS})


@pytest.mark.parametrize("event_type", TYPES)
def test_keeps_what_the_firewall_keeps(event_type: str) -> None:
    vectors = [vector for vector in VECTORS if vector["type"] == event_type]
    assert len(vectors) > 10
    for vector in vectors:
        kept = clean(event_type, vector["fields"], EVERYTHING)
        assert (kept, vector["fields"]) == (vector["expected"], vector["fields"])


def test_keeps_nothing_of_a_category_that_is_not_ticked() -> None:
    fields = {"command_path": "git push", "duration_ms": 5, "status": "ok"}
    assert clean("command_finished", fields, frozenset(["command_usage"])) == {"command_path": "git push"}
    assert clean("command_finished", fields, frozenset(["performance"])) is None
    assert clean("task_completed", {}, frozenset(["command_usage"])) is None
    assert clean("install_completed", {"install_method": "npm"}, EVERYTHING) is None


def test_survives_anything_and_lets_no_canary_through() -> None:
    canary = "canary-51d0"
    chance = random.Random(7)
    names = sorted({name for vector in VECTORS for name in vector["fields"]})
    values = [canary, [canary], {canary: canary}, float("nan"), float("inf"), -1, 10**30, b"x", object(), None, True, (canary,), 1.5]
    for _ in range(20_000):
        fields = {chance.choice(names): chance.choice(values) for _ in range(chance.randint(0, 6))}
        kept = clean(chance.choice(TYPES), fields, EVERYTHING)
        assert canary not in json.dumps(kept)
