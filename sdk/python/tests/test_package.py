"""The package as it is installed: its types hold, and the wheel has everything and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(*args: str, cwd: Path = ROOT) -> str:
    done = subprocess.run([sys.executable, *args], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_types_hold(tmp_path: Path) -> None:
    run("-m", "mypy", f"--cache-dir={tmp_path}")


def test_the_wheel_has_all_it_needs(tmp_path: Path) -> None:
    # A copy, so that nothing is left beside the source.
    source = tmp_path / "source"
    run("-c", f"import shutil; shutil.copytree({str(ROOT)!r}, {str(source)!r})")
    run("-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "wheels"), cwd=source)
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith("nexus_telemetry/"))
        archive.extractall(tmp_path / "installed")
    assert names == sorted(
        f"nexus_telemetry/{path.name}" for path in (ROOT / "src" / "nexus_telemetry").iterdir() if path.is_file()
    )
    program = "import sys; sys.path.insert(0, '.'); from nexus_telemetry import TelemetryCollector as T; print(T.__module__)"
    assert run("-c", program, cwd=tmp_path / "installed").strip() == "nexus_telemetry.collector"
