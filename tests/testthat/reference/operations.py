"""Writes operations.json: what PyTorch returns for 240 operations, sampled over the schemas that it has.

usage: python3 operations.py > operations.json
Arguments are made from the schema's types. An operation that cannot be called with them, or whose result is not
determined, is left out. Dimensions and positions are written as R counts them, from 1.
"""
import json
import random

import torch

SAMPLE = 240
DIMENSIONS = {"dim", "dims", "dim0", "dim1", "axis", "axis0", "axis1", "dimension", "start_dim", "end_dim", "source",
              "destination", "index", "indices"}
# which result holds positions, where it has no name
POSITIONS = {("argmax", 0), ("argmin", 0), ("argsort", 0), ("nonzero", 0), ("argwhere", 0), ("unique_dim", 1),
             ("unique_consecutive", 1), ("unique_dim_consecutive", 1), ("tril_indices", 0), ("triu_indices", 0),
             ("searchsorted", 0), ("bucketize", 0), ("where", 0), ("nonzero_numpy", 0)}
POSITIONS |= {(f"{kind}_max_pool{dims}d", 1) for kind in ("adaptive", "fractional") for dims in (1, 2, 3)}
POSITIONS |= {(f"max_pool{dims}d_with_indices", 1) for dims in (1, 2, 3)}
UNDETERMINED = ("rand", "empty", "dropout", "bernoulli", "normal", "uniform", "exponential", "cauchy", "geometric",
                "multinomial", "poisson", "binomial", "rrelu", "new_", "resize", "_like", "sparse", "quantize", "mkldnn",
                "cudnn", "miopen", "fake_", "is_", "data", "storage", "nested", "vulkan", "native_", "unsafe", "record",
                "pin_memory", "fused", "random", "set", "backward", "lift", "as_strided", "_copy", "to_", "svd", "eig",
                "symeig", "qr", "lstsq", "ormqr", "geqrf", "householder", "lu", "ldl", "special_", "retain", "requires",
                "detach", "output_nr", "align", "alias", "conv", "get_gradients", "prod.dim_Dimname", "q_", "int_repr", "_cell", "lstm", "gru", "rnn", "to.",
                "triangular_solve")

torch.manual_seed(1)
MATRIX = (torch.rand(3, 3) * 0.8 + 0.1).mul(64).round().div(64)
OTHER = (torch.rand(3, 3) * 0.8 + 0.1).mul(64).round().div(64)


def value_for(argument, place):
    kind = str(argument.type)
    name = argument.name
    if kind == "Tensor":
        if name in ("index", "indices"):
            return torch.tensor([[0, 1, 2], [2, 1, 0], [1, 1, 1]])
        if name in ("mask", "condition"):
            return MATRIX > 0.5
        return (MATRIX if place == 0 else OTHER).clone()
    if kind == "List[Tensor]":
        return [MATRIX.clone(), OTHER.clone()]
    if kind in ("number", "Scalar"):
        return 0.5
    if kind == "float":
        return 0.5
    if kind == "bool":
        return False
    if kind == "int":
        return 1
    if kind == "List[int]":
        return [3, 3] if name in ("size", "shape") else [1]
    raise ValueError(kind)


def to_json(value, is_position=False):
    if isinstance(value, torch.Tensor):
        shift = 1 if is_position and not value.is_floating_point() and value.dtype != torch.bool else 0
        return {"dtype": str(value.dtype).replace("torch.", ""), "shape": list(value.shape),
                "values": [number(v + shift) for v in value.flatten().tolist()]}
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], torch.Tensor):
        return {"tensors": [to_json(v) for v in value]}
    if isinstance(value, (list, tuple)):
        return {"integers": list(value)}
    return {"value": value}


def number(value):
    return str(value) if isinstance(value, float) and (value != value or value in (float("inf"), -float("inf"))) else value


def shifted(operation, argument, value):
    if operation != "tile" and argument.name in DIMENSIONS and "int" in str(argument.type):
        return [v + 1 for v in value] if isinstance(value, list) else value + 1
    return value


def call(operation, needed, values):
    """Those that go by place so, since `self` is a name that Python's method has itself."""
    values = {k: v.clone() if isinstance(v, torch.Tensor) else v for k, v in values.items()}
    by_place = [values[a.name] for _, a in needed if not a.kwarg_only]
    return operation(*by_place, **{a.name: values[a.name] for _, a in needed if a.kwarg_only})


def example(schema):
    name = schema.name.split("::")[1]
    if any(word in name + "." + schema.overload_name for word in UNDETERMINED) or name.startswith("_"):
        return None
    if any(a.kwarg_only and a.is_out for a in schema.arguments) or "name" in schema.overload_name.lower():
        return None
    needed = [(i, a) for i, a in enumerate(schema.arguments) if not a.has_default_value()]
    try:
        values = {a.name: value_for(a, i) for i, a in needed}
    except ValueError:
        return None
    if not any(isinstance(v, (torch.Tensor, list)) for v in values.values()):
        return None
    written = {a.name: to_json(shifted(name, a, values[a.name]), a.name in ("index", "indices")) for _, a in needed}
    operation = getattr(getattr(torch.ops.aten, name), schema.overload_name or "default")
    try:
        results = [call(operation, needed, values) for _ in range(2)]
    except Exception:
        return None
    parts = [r if isinstance(r, (list, tuple)) else [r] for r in results]
    if not parts[0] or not all(isinstance(p, torch.Tensor) and not p.is_complex() for p in parts[0]):
        return None
    if not all(torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in zip(*parts)):
        return None
    names = [r.name for r in schema.returns]
    positions = [(name, i) in POSITIONS or n == "indices" for i, n in enumerate(names)] + [False] * len(parts[0])
    return {"operation": name, "overload": schema.overload_name, "arguments": written,
            "results": [to_json(p, at) for p, at in zip(parts[0], positions)]}


def main():
    schemas = [s for s in torch._C._jit_get_all_schemas() if s.name.startswith("aten::")]
    schemas.sort(key=lambda s: (s.name, s.overload_name))
    examples = [e for e in map(example, schemas) if e]
    by_name = {}
    for e in examples:
        by_name.setdefault(e["operation"], []).append(e)
    names = random.Random(1).sample(sorted(by_name), min(SAMPLE, len(by_name)))
    cases = [by_name[name][0] for name in sorted(names)]
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


main()
