"""Invariant only-you-can-say-yes: any difference from the files that Nexus Telemetry read means off."""

import os
from pathlib import Path
from typing import Callable, Dict

import pytest

from nexus_telemetry import TelemetryCollector
from nexus_telemetry.permission import PermissionSource

from conftest import Home


def _collects(home: Home, policy: Path = Path("/nonexistent/policy.toml")) -> bool:
    return bool(PermissionSource(home.folder / "nexus", home.config, policy).read().collect)


def _append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def _link(home: Home) -> None:
    real = home.folder / "real"
    home.state.rename(real)
    home.state.symlink_to(real)


CHANGES: "Dict[str, Callable[[Home], object]]" = {
    "another consent line": lambda home: _append(home.consent, '{"mode": "local", "collect": ["tool_usage"]}\n'),
    "a blank byte in the consent line": lambda home: home.consent.write_text(home.consent.read_text().replace('", ', '",  ')),
    "a truncated consent": lambda home: home.consent.write_text(home.consent.read_text()[:-20]),
    "no consent": lambda home: home.consent.unlink(),
    "a consent over 64 KB": lambda home: home.consent.write_text("\n" * 70_000 + home.consent.read_text()),
    "a new configuration": lambda home: (home.config / "config.toml").write_text(""),
    "a configuration that is a folder": lambda home: (home.config / "config.toml").mkdir(),
    "a configuration that is a broken link": lambda home: (home.config / "config.toml").symlink_to("/nonexistent"),
    "no state file": lambda home: home.state.unlink(),
    "a truncated state": lambda home: home.state.write_bytes(home.state.read_bytes()[:60]),
    "a state of another version": lambda home: home.state.write_text(home.state.read_text().replace("recording 1", "recording 2")),
    "a state over 64 KB": lambda home: _append(home.state, "x" * 70_000),
    "a state that is writable by others": lambda home: home.state.chmod(0o666),
    "a state that is a link": _link,
    "a home that is writable by others": lambda home: home.state.parent.parent.chmod(0o777),
    "a binary state": lambda home: home.state.write_bytes(bytes(range(256))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_is_off_with(home: Home, change: str) -> None:
    home.decide()
    assert _collects(home)
    CHANGES[change](home)
    assert not _collects(home)
    assert TelemetryCollector().get_status()["enabled"] is False


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can change the owner of a file")
@pytest.mark.parametrize("part", [".", "state", "state/recording.txt"])
def test_is_off_with_a_file_of_another_user(home: Home, part: str) -> None:
    home.decide()
    os.chown(home.folder / "nexus" / part, 65534, 65534)
    assert not _collects(home)


def test_never_writes_through_a_link(home: Home) -> None:
    home.decide()
    target = home.folder / "profile"
    target.write_text("mine\n")
    home.log.parent.mkdir(mode=0o700)
    home.log.symlink_to(target)
    collector = TelemetryCollector()
    collector.record_error("timeout")
    with pytest.raises(OSError):
        collector.delete_all()
    assert target.read_text() == "mine\n"


def test_compares_the_policy_file(home: Home, tmp_path: Path) -> None:
    home.decide()
    policy = tmp_path / "policy.toml"
    assert _collects(home, policy)
    policy.write_text('[telemetry]\nmode = "share"\n')
    assert not _collects(home, policy)


SENSITIVE = ["mail ada@example.com", "curl https://example.com", "cat /home/ada/x", "call +44 20 7946 0958", "password=letmein", "10.0.0.1"]


@pytest.mark.parametrize("text", SENSITIVE)
def test_refuses_sensitive_events_with_block_sensitive(home: Home, text: str) -> None:
    home.decide()
    home.write_state(block_sensitive=True)
    collector = TelemetryCollector()
    assert collector.record_command("git push", duration_ms=12)
    assert not collector.record_command(f"git push {text}")
    assert not collector.record_tool("Bash", model=text)
    assert not collector.record_thinktool("gigathink", note={"deep": [text]})
    assert collector.record_tool("Bash", success=True)
    home.write_state()
    fresh = TelemetryCollector()
    assert fresh.record_command(f"git push {text}")
