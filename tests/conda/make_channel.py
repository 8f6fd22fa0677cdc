"""Make a conda channel that holds this machine's Python and pip: ``make_channel.py FOLDER``."""

import asyncio
import ensurepip
import hashlib
import io
import json
import os
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rattler import Platform
from rattler.index import index_fs

SKIPPED = {
    "site-packages", "dist-packages", "test", "tests", "__pycache__", "idlelib", "tkinter",
    "turtledemo", "lib2to3", "ensurepip",
}  # fmt: skip

Content = Path | bytes
"""A file to copy, or the content itself."""


def write_package(
    folder: Path,
    files: Mapping[str, Content],
    links: Mapping[str, str],
    told: Mapping[str, Any],
    more: Mapping[str, Any],
) -> None:
    """Write one package of ``files`` and symbolic ``links``, each keyed by its path inside.

    ``told`` becomes its index.json, ``more`` further documents in its folder ``info``.
    """
    path = folder / told["subdir"] / f"{told['name']}-{told['version']}-{told['build']}.tar.bz2"
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = []
    with tarfile.open(path, "w:bz2", compresslevel=1) as package:
        for place, content in sorted(files.items()):
            data = content if isinstance(content, bytes) else content.read_bytes()
            mode = 0o644 if isinstance(content, bytes) else content.stat().st_mode & 0o777
            _add(package, place, data, mode)
            listed.append(_listed(place, "hardlink", data))
        for place, target in links.items():
            entry = tarfile.TarInfo(place)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            package.addfile(entry)
            listed.append(_listed(place, "softlink", b""))
        info = {
            "index.json": dict(told),
            "paths.json": {"paths": listed, "paths_version": 1},
            **more,
        }
        for name, document in info.items():
            _add(package, f"info/{name}", json.dumps(document).encode(), 0o644)
        names = "\n".join(path["_path"] for path in listed)
        _add(package, "info/files", names.encode(), 0o644)


def _add(package: tarfile.TarFile, place: str, data: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(place)
    entry.size, entry.mode = len(data), mode
    package.addfile(entry, io.BytesIO(data))


def _listed(place: str, kind: str, data: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    return {"_path": place, "path_type": kind, "sha256": digest, "size_in_bytes": len(data)}


def pack_python(folder: Path) -> None:
    """Pack the interpreter, its standard library and its shared library if it has one."""
    base, version = Path(sys.base_prefix), ".".join(map(str, sys.version_info[:3]))
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = base / "lib" / name
    kept = [
        path
        for path in library.rglob("*")
        if path.is_file()
        and not any(
            part in SKIPPED or part.startswith("config-")
            for part in path.relative_to(library).parts[:-1]
        )
    ]
    files: dict[str, Content] = {str(path.relative_to(base)): path for path in kept}
    files[f"bin/{name}"] = base / "bin" / name
    shared = sysconfig.get_config_var("INSTSONAME")
    if shared and (base / "lib" / shared).exists():
        files[f"lib/{shared}"] = base / "lib" / shared
    told = {
        "name": "python", "version": version, "build": "0_cpython", "build_number": 0,
        "depends": [], "subdir": str(Platform.current()),
    }  # fmt: skip
    write_package(folder, files, {"bin/python3": name, "bin/python": name}, told, {})


def pack_pip(folder: Path) -> None:
    """Pack the pip that comes with the interpreter."""
    [wheel] = Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")
    told = {
        "name": "pip", "version": wheel.name.split("-")[1], "build": "pyh0_0", "build_number": 0,
        "depends": ["python >=3.9"], "subdir": "noarch", "noarch": "python",
    }  # fmt: skip
    program = {"type": "python", "entry_points": ["pip = pip._internal.cli.main:main"]}
    with zipfile.ZipFile(wheel) as content:
        files: dict[str, Content] = {
            f"site-packages/{name}": content.read(name)
            for name in content.namelist()
            if not name.endswith("/")
        }
    link = {"noarch": program, "package_metadata_version": 1}
    write_package(folder, files, {}, told, {"link.json": link})


def main() -> None:
    """Make the channel."""
    folder = Path(sys.argv[1])
    pack_python(folder)
    pack_pip(folder)
    asyncio.run(index_fs(folder, force=True))
    # Rattler's threads may still be running, and would abort the interpreter as it exits.
    os._exit(0)


if __name__ == "__main__":
    main()
