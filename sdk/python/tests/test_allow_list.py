"""Invariant no-free-text: the SDK writes exactly what the firewall of Nexus Telemetry accepts."""

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
def test_returns_the_same_as_the_firewall(event_type: str) -> None:
    vectors = [vector for vector in VECTORS if vector["type"] == event_type]
    assert len(vectors) > 10
    for vector in vectors:
        cleaned = clean(event_type, vector["fields"], EVERYTHING)
        assert (cleaned, vector["fields"]) == (vector["expected"], vector["fields"])


def test_drops_fields_of_categories_that_are_not_selected() -> None:
    fields = {"command_path": "git push", "duration_ms": 5, "status": "ok"}
    assert clean("command_finished", fields, frozenset(["command_usage"])) == {"command_path": "git push"}
    assert clean("command_finished", fields, frozenset(["performance"])) is None
    assert clean("task_completed", {}, frozenset(["command_usage"])) is None
    assert clean("install_completed", {"install_method": "npm"}, EVERYTHING) is None


def test_never_raises_and_lets_no_canary_through() -> None:
    canary = "canary-51d0"
    rng = random.Random(7)
    names = sorted({name for vector in VECTORS for name in vector["fields"]})
    values = [canary, [canary], {canary: canary}, float("nan"), float("inf"), -1, 10**30, b"x", object(), None, True, (canary,), 1.5]
    for _ in range(20_000):
        fields = {rng.choice(names): rng.choice(values) for _ in range(rng.randint(0, 6))}
        cleaned = clean(rng.choice(TYPES), fields, EVERYTHING)
        assert canary not in json.dumps(cleaned)
