"""
The firewall of the SDK: event types, fields and vocabularies that may be written, generated from the
tables of Nexus Telemetry (``allow-list.json``, ``commands.json``). Everything else is dropped here,
before it is stored, even in memory.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Tuple, Union, cast

Value = Union[str, int, float, bool, List[str]]

_FOLDER = Path(__file__).parent
_LIST: Dict[str, Any] = json.loads((_FOLDER / "allow-list.json").read_text(encoding="utf-8"))
_PROGRAMS: Dict[str, str] = json.loads((_FOLDER / "commands.json").read_text(encoding="utf-8"))["programs"]

_TOOLS: Dict[str, str] = _LIST["tools"]
_MCP = re.compile(_LIST["mcp_name"])
_MODELS: FrozenSet[str] = frozenset(_LIST["models"])
_MODEL_FAMILY = re.compile(_LIST["model_family"])
_MODEL_PREFIX = re.compile(_LIST["model_prefix"])
_MODEL_SUFFIX = re.compile(_LIST["model_suffix"])

# Claude's names in the order of Cursor (``claude-4-5-sonnet``).
_REORDERED_CLAUDE = re.compile(r"^claude-([4-9])((?:-[0-9])?)-(opus|sonnet|haiku|fable|mythos)$")

_MAX_NAME_CHARS = 256
_MAX_WORDS = 4
_CACHE_SIZE = 128


@lru_cache(maxsize=_CACHE_SIZE)
def _subcommands(program: str) -> FrozenSet[str]:
    return frozenset(_PROGRAMS.get(program, "").split("|"))


@lru_cache(maxsize=1)
def public_words() -> FrozenSet[str]:
    """Returns all vocabulary values: programs, subcommands, tools, models, field names and their values."""
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
    # Bounds the size of the cache.
    return _public_command(name if len(name) <= _MAX_NAME_CHARS else name[:_MAX_NAME_CHARS])


@lru_cache(maxsize=_CACHE_SIZE)
def _public_command(name: str) -> str:
    # Tries the longest prefix first; what follows is arguments. White space differs slightly from
    # JavaScript, in characters that no command contains.
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
    if _is_public_model(lower):
        return lower
    bare = _MODEL_SUFFIX.sub("", _MODEL_PREFIX.sub("", lower, count=1), count=1)
    if bare.startswith("claude-"):
        bare = _REORDERED_CLAUDE.sub(r"claude-\3-\1\2", bare.replace(".", "-"))
    return bare if _is_public_model(bare) else "other"


def _is_public_model(name: str) -> bool:
    return name in _MODELS or _MODEL_FAMILY.fullmatch(name) is not None


Make = Callable[[Any], Optional[Value]]


def _maker(name: str, field: Dict[str, Any]) -> Make:
    """Returns a function that returns the clean value (decimals rounded), or ``None`` for an invalid one."""
    field_type = field["type"]
    if name == "command_path":
        return lambda value: _command(value) if isinstance(value, str) else None
    if name == "tool_name":
        return lambda value: _tool(value) if isinstance(value, str) else None
    if name == "model":
        return lambda value: _model(value) if isinstance(value, str) else None
    if field_type == "enum":
        return _enum(frozenset(field["values"]), field.get("other"))
    if field_type == "enum_list":
        return _enum_list(frozenset(field["values"]), field["maxItems"])
    if field_type == "boolean":
        return lambda value: value if isinstance(value, bool) else None
    if field_type == "integer":
        return _integer(field["min"], field["max"])
    if field_type == "decimal":
        return _decimal(field["min"], field["max"], 10 ** int(field["decimals"]))
    pattern = re.compile(_LIST["patterns"][field["pattern"]])
    return lambda value: value if isinstance(value, str) and len(value) <= 40 and pattern.fullmatch(value) else None


def _enum(values: FrozenSet[str], other: Optional[str]) -> Make:
    return lambda value: (value if value in values else other) if isinstance(value, str) else None


def _enum_list(values: FrozenSet[str], max_items: int) -> Make:
    def make(value: Any) -> Optional[Value]:
        if not isinstance(value, (list, tuple)) or not 0 < len(value) <= max_items:
            return None
        return [item if isinstance(item, str) and item in values else "other" for item in value]

    return make


def _integer(minimum: int, maximum: int) -> Make:
    def make(value: Any) -> Optional[Value]:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not minimum <= value <= maximum:
            return None
        integer = int(value)
        return integer if integer == value else None

    return make


def _decimal(minimum: float, maximum: float, factor: int) -> Make:
    def make(value: Any) -> Optional[Value]:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not minimum <= value <= maximum:
            return None
        rounded = int(value * factor + 0.5) / factor
        return int(rounded) if rounded == int(rounded) else rounded

    return make


class _Shape(NamedTuple):
    category: str
    required: Tuple[str, ...]
    #: Name → function that cleans the value, and category.
    fields: Dict[str, Tuple[Make, str]]
    #: Outcome, if the event type implies one.
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

#: Fields that only an end event may have.
_END_FIELDS = frozenset(("status", "exit_class", "error_category", "duration_ms"))


#: Every category, for a check that does not depend on consent.
ALL_CATEGORIES: FrozenSet[str] = frozenset(
    {shape.category for shape in _SHAPES.values()} | {category for shape in _SHAPES.values() for _, category in shape.fields.values()}
)

#: Names of the user's own: what they become is not a mistake of the program.
_PLACEHOLDERS = frozenset(("other", "custom", "mcp", "unknown"))


def dropped_in(event_type: str, fields: Mapping[str, object]) -> Tuple[str, ...]:
    """
    Returns what ``clean`` drops or replaces although every category is selected: one sentence each, with
    the name of the field and never its value.
    """
    shape = _SHAPES.get(event_type)
    if shape is None:
        return (f"{event_type} is not an event that a program may record.",)
    sentences: List[str] = []
    for name, raw in fields.items():
        field = shape.fields.get(name)
        if raw is None:
            continue
        if field is None:
            sentences.append(f"{name} is not a field of {event_type}.")
            continue
        value = field[0](raw)
        if value is None:
            sentences.append(f"{name} was dropped: not a valid value.")
        elif isinstance(value, str) and value in _PLACEHOLDERS and raw != value:
            sentences.append(f"{name} was replaced by {value}: not in the public vocabulary.")
        elif isinstance(value, list) and list(cast("List[object]", raw)) != value:
            sentences.append(f"{name} contains values that are not in the public vocabulary.")
    for name in shape.required:
        if fields.get(name) is None:
            sentences.append(f"{name} is missing.")
    return tuple(sentences)


def clean(event_type: str, fields: Mapping[str, object], collect: FrozenSet[str]) -> Optional[Dict[str, Value]]:
    """
    Returns the clean fields in the categories of ``collect``; ``None`` if the event is refused, because
    its category is not selected or a required field is missing or invalid. Never raises.
    """
    shape = _SHAPES.get(event_type)
    if shape is None or shape.category not in collect:
        return None
    phase = fields.get("tool_phase")
    is_start = phase is not None and phase != "end" and "status" in shape.fields
    cleaned: Dict[str, Value] = {}
    for name, raw in fields.items():
        field = shape.fields.get(name)
        if raw is None or field is None or (is_start and name in _END_FIELDS):
            continue
        make, category = field
        value = make(raw)
        if value is not None and category in collect:
            cleaned[name] = value
    if shape.status is not None and "error_types" in collect:
        cleaned["status"] = shape.status
    for name in shape.required:
        if name not in cleaned:
            return None
    return cleaned
