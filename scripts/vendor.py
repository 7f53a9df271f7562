"""Fetch the browser client's libraries from npm into static/vendor/, with their licences and checksums.

Run `python scripts/vendor.py` after changing a version here; commit what it writes.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
LICENCES = ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "license")

PACKAGES: dict[str, dict[str, str]] = {
    "preact@11.2.0": {"dist/preact.mjs": "preact.js", "hooks/dist/hooks.mjs": "preact-hooks.js"},
    "@preact/signals-core@1.14.5": {"dist/signals-core.mjs": "signals-core.js"},
    "@preact/signals@2.11.4": {"dist/signals.mjs": "signals.js"},
    "htm@3.1.1": {"dist/htm.mjs": "htm.js"},
    "marked@18.2.1": {"lib/marked.esm.js": "marked.js"},
    "dompurify@3.4.18": {"dist/purify.es.mjs": "dompurify.js"},
    "idb@8.0.4": {"build/index.js": "idb.js"},
    "leaflet@1.9.4": {"dist/leaflet.js": "leaflet.js", "dist/leaflet.css": "leaflet.css"},
    "leaflet.markercluster@1.5.3": {
        "dist/leaflet.markercluster.js": "leaflet-markercluster.js",
        "dist/MarkerCluster.css": "leaflet-markercluster.css",
    },
    "us-atlas@3.0.1": {"states-10m.json": "us-states.json"},
    "topojson-client@3.1.0": {"dist/topojson-client.min.js": "topojson-client.js"},
    "uplot@1.6.32": {"dist/uPlot.esm.js": "uplot.js", "dist/uPlot.min.css": "uplot.css"},
    "swagger-ui-dist@5.35.0": {"swagger-ui-bundle.js": "swagger-ui.js", "swagger-ui.css": "swagger-ui.css"},
}


def fetch(package: str, folder: Path) -> Path:
    """The unpacked package."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("vendor: npm is missing: install Node.js")
    packed = subprocess.run(
        [npm, "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.split()[-1]
    target = folder / packed.removesuffix(".tgz")
    with tarfile.open(folder / packed) as archive:
        archive.extractall(target, filter="data")
    return next(target.iterdir())


def licence(source: Path, name: str) -> tuple[str, str]:
    """The licence's name, and the file that its text was copied to."""
    declared = json.loads((source / "package.json").read_text()).get("license", "see file")
    text = next((source / entry for entry in LICENCES if (source / entry).is_file()), None)
    target = f"licenses/{name.replace('/', '-').lstrip('@')}.txt"
    (VENDOR / "licenses").mkdir(exist_ok=True)
    if text is None:
        (VENDOR / target).write_text(f"{name}: {declared}\n")
    else:
        shutil.copy(text, VENDOR / target)
    return declared, target


def vendor() -> None:
    """Write all files and VENDOR.json."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    entries = []
    with tempfile.TemporaryDirectory() as scratch:
        for package, chosen in PACKAGES.items():
            name, _, version = package.rpartition("@")
            source = fetch(package, Path(scratch))
            declared, text = licence(source, name)
            for inside, target in chosen.items():
                data = re.sub(rb"(//|/\*)# sourceMappingURL=\S+( \*/)?", b"", (source / inside).read_bytes())
                (VENDOR / target).write_bytes(data)
                entries.append(
                    {
                        "file": target,
                        "package": name,
                        "version": version,
                        "sha256": hashlib.sha256(data).hexdigest(),
                        "licence": declared,
                        "licence_text": text,
                    }
                )
    (VENDOR / "VENDOR.json").write_text(json.dumps(entries, indent=2) + "\n")
    print(f"{len(entries)} files in {VENDOR}")


if __name__ == "__main__":
    vendor()
