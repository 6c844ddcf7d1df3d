"""Writes the HDF5 files of this folder (h5py 3.16): python make.py. Element i of each numeric dataset is i - 3."""
import h5py
import numpy as np


def count(shape, dtype):
    return (np.arange(int(np.prod(shape))) - 3).astype(dtype).reshape(shape)


def tree(f):
    f.attrs["text"] = "naïve"
    f.attrs["bytes"] = np.bytes_(b"fixed")
    f.attrs["names"] = np.array([b"first", b"second"])
    f.attrs["words"] = np.array(["eins", "zwei"], dtype=h5py.string_dtype())
    f.attrs["number"] = np.float64(0.5)
    f.attrs["integers"] = np.array([1, -2, 3], dtype=np.int32)
    f.attrs["none"] = h5py.Empty("f4")
    group = f.create_group("l1/bconv")
    group.create_dataset("W", data=count((2, 3, 4), "<f4"))
    group.create_dataset("b", data=h5py.Empty("f4"))
    kinds = f.create_group("kinds")
    for name in ["<f2", "<f8", ">f4", "<i1", "<u2", "<i4", ">i8", "?"]:
        kinds.create_dataset(name, data=count((5,), name))
    kinds.create_dataset("scalar", data=np.float32(7))
    kinds.create_dataset("text", data="not a number")
    kinds["again"] = kinds["<f8"]


with h5py.File("plain.h5", "w") as f:
    tree(f)
    chunks = f.create_group("chunks")
    chunks.create_dataset("gzip", data=count((5, 7), "<f4"), chunks=(2, 3), compression="gzip", shuffle=True, fletcher32=True)
    chunks.create_dataset("rows", data=count((5, 7, 2), "<i4"), chunks=(2, 7, 2))
    chunks.create_dataset("column", data=count((70,), "<i2"), chunks=(1,))
    holes = chunks.create_dataset("holes", shape=(4, 4), dtype="<f4", chunks=(2, 2), fillvalue=2.5)
    holes[0:2, 2:4] = 1
    chunks.create_dataset("never", shape=(3,), dtype="<f4")
    many = f.create_group("many")
    for i in range(40):
        many.create_dataset(f"d{i}", data=np.float32(i))
    f["soft"] = h5py.SoftLink("/l1")
    f["external"] = h5py.ExternalLink("other.h5", "/l1")
    f["l1/loop"] = f["/"]

with h5py.File("latest.h5", "w", libver=("v110", "v110")) as f:
    f.attrs["text"] = "naïve"
    f.attrs["words"] = np.array(["eins", "zwei"], dtype=h5py.string_dtype())
    f.create_group("l1/bconv").create_dataset("W", data=count((2, 3, 4), "<f4"))
    f["soft"] = h5py.SoftLink("/l1")
    f.create_dataset("single", data=count((5, 7), "<f4"), chunks=(5, 7), compression="gzip")
    f.create_dataset("array", data=count((5, 7), "<f4"), chunks=(2, 3))

with h5py.File("ordered.h5", "w") as f:
    f.create_group("few", track_order=True).create_dataset("W", data=count((2,), "<f4"))

with h5py.File("dense.h5", "w") as f:
    g = f.create_group("g", track_order=True)
    for i in range(12):
        g.create_dataset(f"d{i}", data=np.float32(i))

with h5py.File("user-block.h5", "w", userblock_size=512) as f:
    f.create_dataset("W", data=count((2, 2), "<f4"))

with h5py.File("packed.h5", "w") as f:
    f.create_dataset("lzf", data=np.zeros(48, dtype="<f4"), chunks=(48,), compression="lzf")
    f.create_dataset("zeros", data=np.zeros(64, dtype="<f4"), chunks=(64,), compression="gzip")
