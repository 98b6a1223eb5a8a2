"""The package: type checks pass, and the wheel contains exactly the files of the source."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(*args: str, cwd: Path = ROOT) -> str:
    result = subprocess.run([sys.executable, *args], cwd=cwd, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_type_checks_pass(tmp_path: Path) -> None:
    run("-m", "mypy", f"--cache-dir={tmp_path}")


def test_the_wheel_contains_exactly_the_source_files(tmp_path: Path) -> None:
    # A copy, so that the build leaves no files in the source folder.
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
