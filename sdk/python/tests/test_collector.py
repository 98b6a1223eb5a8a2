"""The collector: writes only clean events, writes nothing without consent, and never raises or blocks."""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest

from nexus_telemetry import CommandEvent, DroppedError, TelemetryCollector, TelemetryConfig

from conftest import Home

CANARY = "canary-51d0"


def use(collector: TelemetryCollector) -> None:
    collector.record_command(CommandEvent(f"git push {CANARY}", profile="balanced", duration_ms=412, model=f"my-{CANARY}", tokens_input=7))
    collector.record_tool(f"tool-{CANARY}", success=True, duration_ms=3)
    collector.record_thinktool("gigathink", step_count=3, note=CANARY)
    collector.record_feature("stats")
    collector.record_error("timeout", recoverable=True, message=CANARY)


def test_writes_only_vocabulary_values_numbers_and_outcomes(home: Home) -> None:
    home.decide()
    collector = TelemetryCollector()
    use(collector)
    lines = home.lines()
    assert [line["event_type"] for line in lines] == [
        "command_finished",
        "agent_event",
        "thinktool_completed",
        "feature_first_use",
        "error_occurred",
    ]
    command = lines[0]
    assert command["command_path"] == "git push" and command["model"] == "other" and command["duration_ms"] == 412
    assert lines[1]["tool_name"] == "custom" and lines[1]["status"] == "ok"
    assert {line["source"] for line in lines} == {"python_sdk"}
    assert uuid.UUID(command["id"]).version == 7 and uuid.UUID(command["session_id"]).version == 4
    assert CANARY not in home.log.read_text()
    assert home.log.stat().st_mode & 0o777 == 0o600
    assert home.log.parent.stat().st_mode & 0o777 == 0o700


def test_buffers_events_and_writes_errors_immediately(home: Home) -> None:
    home.decide()
    collector = TelemetryCollector(TelemetryConfig(batch_size=5))
    for _ in range(4):
        collector.record_command("ls")
    assert home.lines() == []
    collector.record_command("ls")
    assert len(home.lines()) == 5
    collector.record_command("ls")
    collector.record_error("timeout")
    assert len(home.lines()) == 7


def test_writes_buffered_events_after_the_interval(home: Home) -> None:
    home.decide()
    collector = TelemetryCollector(TelemetryConfig(flush_interval_secs=0.01))
    collector.record_command("ls")
    while not home.lines():
        pass
    assert len(home.lines()) == 1


#: Configurations that are invalid or turn recording off, in ways that a simple parser might miss.
RESTRICTIVE_CONFIGS = {
    "unknown key": "[telemetry]\nenable = false\n",
    "broken": "[telemetry\n",
    "escaped": '[telemetry]\nmode = "o\\u0066f"\n',
    "long": '[telemetry]\nmode = """\\\n  off"""\n',
}


def test_accepts_a_configuration_that_restricts_nothing(home: Home) -> None:
    home.decide()
    (home.config / "config.toml").write_text(
        '# mine\n[telemetry]\nretention_days = 30 # days\nupload_url = "https://a.example/x"\nupload_pins = ["sha256/x"]\n\n[telemetry.privacy]\nstrip_pii = true\n'
    )
    assert TelemetryCollector().get_status()["enabled"] is False
    home.write_state()
    assert TelemetryCollector().get_status()["enabled"] is True


@pytest.mark.parametrize(
    "decision, env",
    [
        (None, {}),
        ("off", {}),
        ("local", {"NEXUS_TELEMETRY": "0"}),
        ("local", {"NEXUS_TELEMETRY_ENABLED": " False "}),
        ("local", {"NEXUS_EVENT_LOG": "off"}),
        ("damaged", {"NEXUS_TELEMETRY": "true", "NEXUS_TELEMETRY_ENABLED": "true"}),
        ("config", {}),
        ("unreadable", {}),
        ("incomplete", {}),
        ("unknown key", {}),
        ("broken", {}),
        ("escaped", {}),
        ("long", {}),
    ],
)
def test_off_means_nothing(home: Home, monkeypatch: pytest.MonkeyPatch, decision: Any, env: Any) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    if decision == "damaged":
        home.decide()
        home.consent.write_text('{"mode":"loc')
    elif decision == "config":
        home.decide()
        (home.config / "config.toml").write_text('[telemetry]\nmode = "off"\n')
    elif decision == "unreadable":
        home.decide()
        (home.config / "config.toml").mkdir()
    elif decision == "incomplete":
        home.decide()
        home.consent.write_text('{"mode":"local","collect":["command_usage"]}\n')
    elif decision in RESTRICTIVE_CONFIGS:
        home.decide()
        (home.config / "config.toml").write_text(RESTRICTIVE_CONFIGS[decision])
    elif decision is not None:
        home.decide(decision)
    before, threads = home.files(), threading.active_count()
    # Neither an argument nor a variable can grant consent.
    collector = TelemetryCollector(TelemetryConfig(enabled=True))
    use(collector)
    with collector.command("ls"):
        pass
    status = collector.get_status()
    collector.close()
    assert status["enabled"] is False and status["why_not"] and status["events_waiting"] == 0
    assert home.files() == before and threading.active_count() <= threads
    assert not home.log.exists()


def test_writes_nothing_after_consent_is_withdrawn(home: Home) -> None:
    home.decide()
    collector = TelemetryCollector()
    collector.record_command("ls")
    home.decide("off", [])
    assert collector.flush()
    assert home.lines() == []


def test_times_blocks_and_functions_and_reraises_their_exceptions(home: Home) -> None:
    home.decide()
    collector = TelemetryCollector()

    @collector.command("npm run")
    def build(fails: bool) -> str:
        """Builds."""
        if fails:
            raise ValueError(CANARY)
        return "built"

    assert build(False) == "built" and build.__doc__ == "Builds."
    with pytest.raises(ValueError, match=CANARY):
        build(True)
    with pytest.raises(KeyboardInterrupt), collector.command("npm run"):
        raise KeyboardInterrupt
    collector.flush()
    assert [line["event_type"] for line in home.lines()] == ["command_finished", "command_failed", "command_cancelled"]
    assert CANARY not in home.log.read_text()


def test_threads_share_a_collector_and_lose_nothing(home: Home) -> None:
    home.decide()
    collector = TelemetryCollector(TelemetryConfig(batch_size=7))
    threads = [threading.Thread(target=lambda: [collector.record_command("ls") for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    collector.close()
    lines = home.lines()
    assert len(lines) == 4_000 and len({line["id"] for line in lines}) == 4_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="requires os.fork")
def test_a_forked_child_has_its_own_session_and_repeats_no_events(home: Home) -> None:
    home.decide()
    program = """
import os, threading
from nexus_telemetry import TelemetryCollector
collector = TelemetryCollector()
collector.record_command("ls")
held = threading.Event()
def hold():
    with collector._lock:
        held.set()
        threading.Event().wait()
# The lock is held by a thread that does not exist in the child.
threading.Thread(target=hold, daemon=True).start()
held.wait()
child = os.fork()
if child == 0:
    collector.record_command("git push")
    collector.flush()
    os._exit(0)
os.waitpid(child, 0)
"""
    source = str(Path(__file__).parents[1] / "src")
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program.replace("threading.Event().wait()", "threading.Event().wait(1)")],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout + run.stderr == ""
    lines = home.lines()
    assert sorted(line["command_path"] for line in lines) == ["git push", "ls"]
    assert len({line["session_id"] for line in lines}) == 2


def test_processes_append_complete_lines(home: Home) -> None:
    home.decide()
    program = "from nexus_telemetry import *\nc = TelemetryCollector(TelemetryConfig(batch_size=3))\nfor _ in range(300): c.record_command('git push')"
    source = str(Path(__file__).parents[1] / "src")
    env = {**os.environ, "PYTHONPATH": source}
    for child in [subprocess.Popen([sys.executable, "-c", program], env=env) for _ in range(4)]:
        assert child.wait() == 0
    # The last events are written at exit.
    assert len(home.lines()) == 1_200


def test_never_raises_if_the_file_cannot_be_written(home: Home) -> None:
    home.decide()
    home.log.parent.mkdir(parents=True)
    home.log.mkdir()
    collector = TelemetryCollector(TelemetryConfig(batch_size=10))
    for _ in range(2_000):
        assert collector.record_command("ls")
    status = collector.get_status()
    assert status["events_waiting"] <= 1_010 and status["events_waiting"] + status["events_dropped"] == 2_000
    home.log.rmdir()
    assert collector.flush()
    assert len(home.lines()) == status["events_waiting"]


def test_status_export_and_delete_cover_only_its_own_file_even_in_mode_off(home: Home) -> None:
    home.decide()
    collector = TelemetryCollector()
    collector.record_command("ls")
    collector.flush()
    collector.record_command("git push")
    other = home.log.with_name("other-tool.jsonl")
    other.write_text("{}\n")
    home.decide("off", [])
    later = TelemetryCollector()
    status = later.get_status()
    assert status["enabled"] is False and status["events_stored"] == 1 and "Only this file" in status["covers"]
    assert [event["command_path"] for event in json.loads(later.export())] == ["ls"]
    assert later.delete_all() == 1
    assert home.lines() == [] and other.read_text() == "{}\n"


def test_never_raises_for_invalid_arguments(home: Home) -> None:
    home.decide()
    collector = TelemetryCollector()
    for value in (None, 1, b"x", [], {}, object(), "\ud800", "x" * 100_000):
        collector.record_command(value)  # type: ignore[arg-type]
        collector.record_tool(value)  # type: ignore[arg-type]
        collector.record_thinktool(value)  # type: ignore[arg-type]
        collector.record_error(value)  # type: ignore[arg-type]
        collector.record_feature(value)  # type: ignore[arg-type]
        collector.record_command("ls", unknown=value, duration_ms=value)
    assert collector.flush()
    for line in home.log.read_text().splitlines():
        assert len(line) < 1_000 and json.loads(line)


def test_repeats_a_partial_write_with_the_same_ids(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.decide()
    collector = TelemetryCollector()
    for _ in range(10):
        collector.record_command("ls")
    real, partial = os.write, [True]

    def write(handle: int, data: bytes) -> int:
        return real(handle, data[: len(data) // 2]) if partial.pop() else real(handle, data)

    partial.insert(0, False)
    monkeypatch.setattr(os, "write", write)
    assert not collector.flush()
    assert collector.flush()
    ids = []
    for line in home.log.read_text().splitlines():
        with contextlib.suppress(ValueError):
            ids.append(json.loads(line)["id"])
    assert len(set(ids)) == 10


def test_events_recorded_during_a_write_are_neither_lost_nor_duplicated(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.decide()
    collector = TelemetryCollector()
    for _ in range(3):
        collector.record_command("ls")
    real = os.write

    def write(handle: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", real)
        # Like a signal handler: in the same thread.
        collector.record_error("timeout")
        collector.record_command("git push")
        return real(handle, data)

    monkeypatch.setattr(os, "write", write)
    collector.flush()
    assert collector.flush()
    lines = home.lines()
    assert len(lines) == 5 and len({line["id"] for line in lines}) == 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="requires os.fork")
def test_children_of_multiprocessing_lose_no_events(home: Home) -> None:
    home.decide()
    program = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from nexus_telemetry import TelemetryCollector
collector = TelemetryCollector()
def work(n):
    return collector.record_command("ls")
fork = multiprocessing.get_context("fork")
child = fork.Process(target=work, args=(0,))
child.start()
child.join()
with ProcessPoolExecutor(2, mp_context=fork) as pool:
    assert all(pool.map(work, range(20)))
pool = fork.Pool(2)
assert all(pool.map(work, range(20)))
pool.close()
pool.join()
"""
    source = str(Path(__file__).parents[1] / "src")
    env = {**os.environ, "PYTHONPATH": source}
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", program], env=env, capture_output=True, text=True)
    assert run.stdout + run.stderr == ""
    assert len(home.lines()) == 41


def test_never_raises_without_threads_home_or_valid_files(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.decide()

    def no_thread(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    collector = TelemetryCollector(TelemetryConfig(batch_size=None, flush_interval_secs=float("nan")))  # type: ignore[arg-type]
    assert collector.record_command("ls") and collector.flush()

    class Odd:
        def __bool__(self) -> bool:
            raise TypeError("boolean value is ambiguous")

    assert not collector.record_command(CommandEvent("ls", tokens_input=Odd()))  # type: ignore[arg-type]
    with home.log.open("ab") as file:
        file.write(b"\xff\n" + b"[" * 100_000 + b"\n")
    assert collector.get_status()["events_stored"] == 1
    home.consent.write_text("[" * 100_000)
    assert not TelemetryCollector().record_command("ls")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert not TelemetryCollector().record_command("ls")


def test_caches_no_long_text(home: Home) -> None:
    home.decide()
    collector = TelemetryCollector()
    from nexus_telemetry import allow_list

    for n in range(200):
        collector.record_command(CommandEvent(f"{CANARY}{n}" + "x" * 1_000_000, model="y" * 1_000_000))
    assert allow_list._public_command.cache_info().currsize <= 128
    collector.close()


def test_the_writer_thread_ends_when_the_buffer_is_empty(home: Home) -> None:
    home.decide()
    collector = TelemetryCollector(TelemetryConfig(flush_interval_secs=0))
    collector.record_command("ls")
    timer = collector._timer
    assert timer is not None
    timer.join()
    assert len(home.lines()) == 1
    collector.record_command("ls")
    assert collector._timer is not None
    collector._timer.join()
    assert len(home.lines()) == 2


def test_says_what_an_event_lost_without_its_value(home: Home) -> None:
    home.decide()
    collector = TelemetryCollector()
    assert collector.record_error("timeoutt")
    assert collector.last_dropped == ("error_category was replaced by unknown: not in the public vocabulary.",)
    assert collector.record_tool("my_private_tool", duration_ms=-1)
    assert collector.last_dropped == (
        "tool_name was replaced by custom: not in the public vocabulary.",
        "duration_ms was dropped: not a valid value.",
    )
    assert collector.record_command("git push origin main")
    assert collector.last_dropped == ()
    assert collector.record_command("git push", durationms=3)
    assert collector.last_dropped == ("durationms is not a field of CommandEvent.",)
    assert collector.record_feature("my secret feature")
    assert collector.last_dropped == ("feature was replaced by other: not in the public vocabulary.",)


def test_raises_in_strict_mode_also_while_recording_is_off(home: Home) -> None:
    collector = TelemetryCollector(TelemetryConfig(strict=True))
    for record in (
        lambda: collector.record_error("timeoutt"),
        lambda: collector.record_tool("my_private_tool"),
        lambda: collector.record_command("no such program"),
        lambda: collector.record_command("git push", durationms=3),
        lambda: collector.record_thinktool("gigathink", step_count="three"),
    ):
        with pytest.raises(DroppedError):
            record()
    assert not collector.record_command("git push")
    home.decide()
    assert TelemetryCollector(TelemetryConfig(strict=True)).record_tool("read_file", success=True)


def test_records_model_requests(home: Home) -> None:
    home.decide()
    collector = TelemetryCollector(TelemetryConfig(strict=True))
    assert collector.record_model_request(
        "claude-sonnet-4-5", tokens_input=1200, tokens_output=80, tokens_cached=1000, cost_usd=0.0048, duration_ms=900, success=True
    )
    collector.flush()
    line = home.lines()[-1]
    assert line["event_type"] == "model_request"
    assert {name: line[name] for name in ("model", "tokens_input", "tokens_output", "tokens_cache_read", "cost_microusd", "status")} == {
        "model": "claude-sonnet-4-5",
        "tokens_input": 1200,
        "tokens_output": 80,
        "tokens_cache_read": 1000,
        "cost_microusd": 4800,
        "status": "ok",
    }


def test_stores_the_example_of_the_readme_under_its_own_name(home: Home) -> None:
    home.decide()
    collector = TelemetryCollector(TelemetryConfig(strict=True))
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    code = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    assert code is not None
    program = code.group(1).replace("from nexus_telemetry import CommandEvent, TelemetryCollector\n", "")
    exec(program + "\nthink()\n", {"CommandEvent": CommandEvent, "TelemetryCollector": lambda: collector, "push": lambda: None})
    collector.flush()
    commands = [line["command_path"] for line in home.lines() if "command_path" in line]
    assert commands == ["think", "git push", "think"]


def test_accepts_the_parameters_of_the_specification(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.decide()
    config = TelemetryConfig()
    assert (config.enabled, config.db_path, config.batch_size, config.flush_interval_secs, config.strip_pii) == (False, None, 100, 60, True)
    assert TelemetryCollector(config).record_command("git push")
    assert not TelemetryCollector(TelemetryConfig(enabled=False)).record_command("git push")
    assert TelemetryCollector(TelemetryConfig(enabled=True, db_path="/elsewhere/x.db")).record_command("git push")
    assert not Path("/elsewhere").exists()
    assert TelemetryConfig.default_db_path() == home.folder / "nexus" / "state" / "telemetry.db"
    assert TelemetryConfig.from_env().db_path == home.folder / "nexus" / "state" / "telemetry.db"
    monkeypatch.setenv("NEXUS_TELEMETRY_PATH", "/data/t.db")
    assert TelemetryConfig.default_db_path() == Path("/data/t.db")
    monkeypatch.setenv("NEXUS_TELEMETRY", "no")
    assert TelemetryConfig.from_env().is_disabled


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("[telemetry]\nbatch_size = 3\n", 3),
        ("[other]\nbatch_size = 3\n[telemetry]\nmode = 'local'\n", 100),
        ("# [telemetry]\n[telemetry]\n  batch_size = 1_0 # comment\nflush_interval_secs = 5\n", 10),
    ],
)
def test_follows_the_buffer_of_the_users_configuration(home: Home, text: str, size: int) -> None:
    home.decide()
    (home.config / "config.toml").write_text(text)
    home.write_state()
    collector = TelemetryCollector()
    for _ in range(size - 1):
        collector.record_command("git push")
    assert home.lines() == []
    collector.record_command("git push")
    assert len(home.lines()) == size
    own = TelemetryCollector(TelemetryConfig(batch_size=2))
    own.record_command("ls")
    own.record_command("ls")
    assert len(home.lines()) == size + 2
