"""Writes the files beside it with numpy 1.24: arrays of every simple type, in both orders and all versions of the format. python make.py"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def main() -> None:
    count = np.arange(-2, 4).reshape(2, 3)
    kinds = ["i1", "u1", "<i2", ">u2", ">i4", "<u4", "<i8", ">u8", "<f2", ">f4", "<f8", "?"]
    arrays = {
        **{f"kind {kind.strip('<>')}": count.astype(kind) for kind in kinds},
        "rows": np.arange(24, dtype="f4").reshape(2, 3, 4),
        "columns": np.asfortranarray(np.arange(24, dtype="f4").reshape(2, 3, 4)),
        "column": np.asfortranarray(np.arange(3, dtype=">f8")),
        "scalar": np.float32(7),
        "nothing": np.zeros((0, 3), "f4"),
        "not contiguous": np.arange(12, dtype="f4").reshape(3, 4)[::2, ::-1],
    }
    np.savez(HERE / "stored.npz", **arrays)
    np.savez_compressed(HERE / "compressed.npz", **arrays)
    with zipfile.ZipFile(HERE / "versions.npz", "w") as archive:
        for version in (1, 2, 3):
            with archive.open(f"arr_{version - 1}.npy", "w") as member:
                np.lib.format.write_array(member, np.full((2,), version, "f4"), version=(version, 0))


main()
