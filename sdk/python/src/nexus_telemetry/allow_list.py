"""
What may be written: events, their fields, and the words that each may hold, generated from the tables of Nexus Telemetry
(``allow-list.json``, ``commands.json``). Everything else is dropped here, before it is kept anywhere.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Tuple, Union

Value = Union[str, int, float, bool, List[str]]

_FOLDER = Path(__file__).parent
_LIST: Dict[str, Any] = json.loads((_FOLDER / "allow-list.json").read_text(encoding="utf-8"))
_PROGRAMS: Dict[str, str] = json.loads((_FOLDER / "commands.json").read_text(encoding="utf-8"))["programs"]

_TOOLS: Dict[str, str] = _LIST["tools"]
_MCP = re.compile(_LIST["mcp_name"])
_MODELS: FrozenSet[str] = frozenset(_LIST["models"])
_MODEL_PREFIX = re.compile(_LIST["model_prefix"])
_MODEL_SUFFIX = re.compile(_LIST["model_suffix"])

_MAX_NAME_CHARS = 256
_MAX_WORDS = 4
_CACHE_SIZE = 128


@lru_cache(maxsize=_CACHE_SIZE)
def _subcommands(program: str) -> FrozenSet[str]:
    return frozenset(_PROGRAMS.get(program, "").split("|"))


@lru_cache(maxsize=1)
def public_words() -> FrozenSet[str]:
    """Every word that a list of the product has: programs, subcommands, tools, models and the values of fields."""
    words = set(_PROGRAMS) | set(_TOOLS) | set(_TOOLS.values()) | set(_MODELS)
    for paths in _PROGRAMS.values():
        words.update(word for path in paths.split("|") for word in path.split(" "))
    for name, field in _LIST["fields"].items():
        words.add(name)
        words.update(field.get("values", ()))
    return frozenset(words)


def _is_command_path(path: str) -> bool:
    if path == "other" or path in _subcommands("nexus"):
        return True
    program, space, rest = path.partition(" ")
    return rest in _subcommands(program) if space else program in _PROGRAMS


def _command(name: str) -> str:
    # What is remembered is short.
    return _public_command(name if len(name) <= _MAX_NAME_CHARS else name[:_MAX_NAME_CHARS])


@lru_cache(maxsize=_CACHE_SIZE)
def _public_command(name: str) -> str:
    # What follows the public name is an argument. The blanks of JavaScript and of Python differ in a few letters that no command has.
    words = name.split()[:_MAX_WORDS]
    for length in range(len(words), 0, -1):
        path = " ".join(words[:length])
        if _is_command_path(path):
            return path
    return "other"


def _tool(name: str) -> str:
    known = _TOOLS.get(name)
    if known is not None:
        return known
    return "mcp" if name == "mcp" or _MCP.match(name) else "custom"


def _model(name: str) -> str:
    return "other" if len(name) > 100 else _public_model(name)


@lru_cache(maxsize=_CACHE_SIZE)
def _public_model(name: str) -> str:
    lower = name.lower()
    if lower in _MODELS:
        return lower
    bare = _MODEL_SUFFIX.sub("", _MODEL_PREFIX.sub("", lower, count=1), count=1)
    return bare if bare in _MODELS else "other"


Make = Callable[[Any], Optional[Value]]


def _maker(name: str, field: Dict[str, Any]) -> Make:
    """Makes of a value what may be written of it; ``None`` of any other. Nothing is made to fit but a decimal, which is rounded."""
    field_type = field["type"]
    if name == "command_path":
        return lambda given: _command(given) if isinstance(given, str) else None
    if name == "tool_name":
        return lambda given: _tool(given) if isinstance(given, str) else None
    if name == "model":
        return lambda given: _model(given) if isinstance(given, str) else None
    if field_type == "enum":
        return _enum(frozenset(field["values"]), field.get("other"))
    if field_type == "enum_list":
        return _enum_list(frozenset(field["values"]), field["maxItems"])
    if field_type == "boolean":
        return lambda given: given if isinstance(given, bool) else None
    if field_type == "integer":
        return _integer(field["min"], field["max"])
    if field_type == "decimal":
        return _decimal(field["min"], field["max"], 10 ** int(field["decimals"]))
    pattern = re.compile(_LIST["patterns"][field["pattern"]])
    return lambda given: given if isinstance(given, str) and len(given) <= 40 and pattern.fullmatch(given) else None


def _enum(values: FrozenSet[str], other: Optional[str]) -> Make:
    return lambda given: (given if given in values else other) if isinstance(given, str) else None


def _enum_list(values: FrozenSet[str], max_items: int) -> Make:
    def make(given: Any) -> Optional[Value]:
        if not isinstance(given, (list, tuple)) or not 0 < len(given) <= max_items:
            return None
        return [value if isinstance(value, str) and value in values else "other" for value in given]

    return make


def _integer(minimum: int, maximum: int) -> Make:
    def make(given: Any) -> Optional[Value]:
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not minimum <= given <= maximum:
            return None
        integer = int(given)
        return integer if integer == given else None

    return make


def _decimal(minimum: float, maximum: float, factor: int) -> Make:
    def make(given: Any) -> Optional[Value]:
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not minimum <= given <= maximum:
            return None
        rounded = int(given * factor + 0.5) / factor
        return int(rounded) if rounded == int(rounded) else rounded

    return make


class _Shape(NamedTuple):
    category: str
    required: Tuple[str, ...]
    #: Name → how it is made, and the category without which it is not kept.
    fields: Dict[str, Tuple[Make, str]]
    #: How an event of this type ended, where its type says so.
    status: Optional[str]


def _shape(event_type: str, listed: Dict[str, Any]) -> _Shape:
    fields: Dict[str, Dict[str, Any]] = _LIST["fields"]
    return _Shape(
        listed["category"],
        tuple(name for name, required in listed["fields"] if required),
        {name: (_maker(name, fields[name]), fields[name]["category"]) for name, _ in listed["fields"]},
        _LIST["status_of_type"].get(event_type),
    )


_SHAPES: Dict[str, _Shape] = {name: _shape(name, listed) for name, listed in _LIST["types"].items()}

#: What is said of an end alone.
_ENDS = frozenset(("status", "exit_class", "error_category", "duration_ms"))


def clean(event_type: str, given: Mapping[str, object], collect: FrozenSet[str]) -> Optional[Dict[str, Value]]:
    """
    The fields of an event that may be written, of the categories in ``collect``; ``None`` where the whole event may not, because
    its category is off, or a field that it needs is missing or wrong. Never raises for what it is given.
    """
    shape = _SHAPES.get(event_type)
    if shape is None or shape.category not in collect:
        return None
    phase = given.get("tool_phase")
    begins = phase is not None and phase != "end" and "status" in shape.fields
    kept: Dict[str, Value] = {}
    for name, said in given.items():
        field = shape.fields.get(name)
        if said is None or field is None or (begins and name in _ENDS):
            continue
        make, category = field
        value = make(said)
        if value is not None and category in collect:
            kept[name] = value
    if shape.status is not None and "error_types" in collect:
        kept["status"] = shape.status
    for name in shape.required:
        if name not in kept:
            return None
    return kept
