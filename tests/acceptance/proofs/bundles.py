"""How is an evidence bundle unpacked, changed and checked where zerosum is not installed?"""

import json
import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

from domain.canonical import canonical_bytes

Members = dict[str, bytes]
NEEDED = ("cryptography", "cffi", "_cffi_backend")


def unpacked(path: Path) -> Members:
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Members, path: Path) -> Path:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for name, raw in sorted(members.items()):
            archive.writestr(name, raw)
    path.write_bytes(out.getvalue())
    return path


def with_new_manifest(members: Members) -> Members:
    """What somebody does who forges a member and knows how bundles are written."""
    manifest = json.loads(members["MANIFEST.json"])
    manifest["members"] = {
        name: sha256(raw).hexdigest()
        for name, raw in sorted(members.items())
        if name != "MANIFEST.json"
    }
    return {**members, "MANIFEST.json": canonical_bytes(manifest) + b"\n"}


def flipped(raw: bytes) -> bytes:
    at = len(raw) // 2
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def public_key(folder: Path, stem: str) -> tuple[str, str]:
    """The arguments by which an examiner names the copy of the key that it brings along."""
    return "--key", str((folder / f"{stem}.vkey").resolve())


class EmptyPlace:
    """A Python that finds the standard library and `cryptography`, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir()
        for name in NEEDED:
            spec = find_spec(name)
            if spec is None or spec.origin is None:
                continue
            found = Path(spec.origin)
            source = found.parent if found.name == "__init__.py" else found
            (folder / source.name).symlink_to(source)

    def run(self, program: Path, *args: str) -> subprocess.CompletedProcess[str]:
        start = (
            f"import sys, runpy; sys.path.insert(0, {str(self.folder)!r}); "
            f"sys.argv = {[str(program), *args]!r}; "
            f"runpy.run_path({str(program)!r}, run_name='__main__')"
        )
        return self.python(start)

    def python(self, code: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", "-S", "-c", code],
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
