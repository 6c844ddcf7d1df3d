"""Writes the files beside it with PyTorch 1.13 and numpy 1.24: what only they can say of their own formats.

PyTorch keeps the path of the program in some of them, so that it is run without one, in this folder:

    python -c "__file__ = 'make.py'; exec(compile(open(__file__).read(), __file__, 'exec'))"
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).resolve().parent


def save(name: str, value: object, **options: object) -> None:
    torch.save(value, HERE / name, **options)


def counted(kind: torch.dtype) -> torch.Tensor:
    """-2, -1, 0, 1, 2, 3; of types without a sign or with two values, what becomes of them there."""
    return torch.arange(-2, 4).to(kind).reshape(2, 3)


def arrays() -> dict[str, object]:
    rows = np.arange(6, dtype="<f4").reshape(2, 3) / 2
    return {
        "rows": rows,
        "columns": np.asfortranarray(rows),
        "every other": rows[:, ::2],
        "big": rows.astype(">f8"),
        "half": rows.astype("<f2"),
        "wide": np.array([-(2**40), 2**40], "<i8"),
        "truth": rows > 1,
        "scalar": np.array(7, "i1"),
        "nothing": np.zeros((0, 3), "u2"),
        "beside": {
            "numbers": [0, 1, -1, 255, 256, 65536, 2**31, -(2**31), 2**70, -(2**70), 1.5, float("inf"), float("-inf")],
            "texts": ["", "plain", "tab\tand\nline", "'\"\\", "\u00e9", "\u4e2d", "\U0001f600", "x" * 300],
            "others": [None, True, False, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), {1}, frozenset({2}), b"", b"\x00\xff", bytearray(b"ab")],
            "accuracy": np.float64(98.5),
        },
    }


class Positive(nn.Module):
    """A model with a layer and code of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(x).abs()


def main() -> None:
    torch.manual_seed(1)
    for protocol in range(6):
        (HERE / f"arrays-{protocol}.pkl").write_bytes(pickle.dumps(arrays(), protocol))
    model = Positive()
    with torch.no_grad():
        model.fc.weight.copy_(torch.arange(6).reshape(2, 3))
        model.fc.bias.copy_(torch.tensor([-1, 0.5]))
    state = model.state_dict()
    for protocol in (0, 1, 2, 4):
        save(f"zip-{protocol}.pth", state, pickle_protocol=protocol)
        save(f"stream-{protocol}.pth", state, pickle_protocol=protocol, _use_new_zipfile_serialization=False)
    save("model.pth", model)
    save("model-stream.pth", model, _use_new_zipfile_serialization=False)
    torch.jit.save(torch.jit.script(model), HERE / "script.pth")
    kinds = ["float16", "bfloat16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "bool"]
    save("types.pth", {kind: counted(getattr(torch, kind)) for kind in kinds})
    base = torch.arange(12.0).reshape(3, 4)
    views = {
        "base": base,
        "transposed": base.t(),
        "column": base[:, 1],
        "inner": base[1:, 1:3],
        "every other": base[::2, ::2],
        "expanded": base[0].expand(2, 4),
        "permuted": torch.arange(12).reshape(2, 3, 2).permute(2, 0, 1),
        "channels last": torch.arange(8.0).reshape(1, 2, 2, 2).contiguous(memory_format=torch.channels_last),
        "scalar": base[2, 3],
        "empty": base[:0],
    }
    save("views.pth", views)
    save("views-stream.pth", views, _use_new_zipfile_serialization=False)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    model(torch.ones(1, 3)).sum().backward()
    with torch.no_grad():
        saved = OrderedDict((name, value.clone()) for name, value in state.items())
    optimizer.step()
    parallel = OrderedDict((f"module.{name}", value) for name, value in saved.items())
    save("checkpoint.pth", {"epoch": 3, "arch": "positive", "model": parallel, "best": torch.tensor(98.5), "optimizer": optimizer.state_dict()})
    save("parameters.pth", {name: nn.Parameter(value) for name, value in saved.items()})
    numbers = torch.tensor([1.0, -2.0])
    unread = {
        "scaled": torch.quantize_per_tensor(numbers, 0.5, 0, torch.qint8),
        "channels": torch.quantize_per_channel(numbers.reshape(2, 1), torch.ones(2), torch.zeros(2), 0, torch.quint8),
        "sparse": torch.eye(2).to_sparse(),
        "complex": numbers * 1j,
        "plain": numbers,
    }
    save("unread.pth", unread)


main()
