"""What PyTorch's own modules give for the networks of the built-in learners.

Writes networks.json: for each network the inputs, the weights by the names that the learner's network gives them, and
the output in evaluation mode. The numbers are rounded first, so that they are read back exactly.
Run: python3 networks.py
"""

import json

import torch
from torch import nn
from torch.nn import functional as F


def fill(module):
    """Weights of a few digits; running variances are positive."""
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            values = torch.randn(tensor.shape) / 2
            tensor.copy_((values.abs() + 0.5 if name.endswith("running_var") else values).mul(1000).round().div(1000))
    return module.eval()


def inputs_of(*shape):
    return torch.randn(*shape).mul(100).round().div(100)


def plain(tensor):
    return {"shape": list(tensor.shape), "values": [round(value, 6) for value in tensor.double().flatten().tolist()]}


def case(inputs, weights, output):
    return {
        "inputs": {name: plain(value) for name, value in inputs.items()},
        "weights": {name: plain(value) for name, value in weights.items()},
        "output": plain(output),
    }


class TabResNet(nn.Module):
    """Gorishniy et al. (2021), section 3.2."""

    def __init__(self, d_in, n_blocks, d_block, d_hidden, d_out):
        super().__init__()
        self.n_blocks = n_blocks
        self.linear = nn.Linear(d_in, d_block)
        for i in range(1, n_blocks + 1):
            self.add_module(f"norm{i}", nn.BatchNorm1d(d_block))
            self.add_module(f"hidden{i}", nn.Linear(d_block, d_hidden))
            self.add_module(f"linear{i}", nn.Linear(d_hidden, d_block))
        self.norm = nn.BatchNorm1d(d_block)
        self.head = nn.Linear(d_block, d_out)

    def forward(self, x):
        x = self.linear(x)
        for i in range(1, self.n_blocks + 1):
            norm, hidden, linear = (getattr(self, f"{kind}{i}") for kind in ("norm", "hidden", "linear"))
            x = x + linear(F.relu(hidden(norm(x))))
        return self.head(F.relu(self.norm(x)))


def tab_resnet():
    network = fill(TabResNet(d_in=4, n_blocks=2, d_block=3, d_hidden=6, d_out=3))
    x = inputs_of(5, 4)
    return case({"x": x}, network.state_dict(), network(x))


class FtBlock(nn.Module):
    """Gorishniy et al. (2021), section 3.3: normalisation first, except before the first attention."""

    def __init__(self, d_token, n_heads, d_hidden, is_first):
        super().__init__()
        self.attention_norm = nn.Identity() if is_first else nn.LayerNorm(d_token)
        self.attention = nn.MultiheadAttention(d_token, n_heads, batch_first=True)
        self.ffn_norm = nn.LayerNorm(d_token)
        self.first = nn.Linear(d_token, 2 * d_hidden)
        self.second = nn.Linear(d_hidden, d_token)

    def forward(self, x):
        z = self.attention_norm(x)
        x = x + self.attention(z, z, z, need_weights=False)[0]
        a, b = self.first(self.ffn_norm(x)).chunk(2, -1)
        return x + self.second(a * F.relu(b))

    def weights(self, id):
        renamed = {
            "attention.out_proj": "attention_out", "attention_norm": "norm1", "ffn_norm": "norm2", "first": "linear1",
            "second": "linear2",
        }
        result = {}
        for name, value in self.state_dict().items():
            module, kind = name.rsplit(".", 1)
            if kind.startswith("in_proj_"):
                for role, part in zip(("query", "key", "value"), value.chunk(3)):
                    result[f"{id}.{role}_{kind[len('in_proj_'):]}"] = part
            else:
                result[f"{id}.{renamed[module]}_{kind}"] = value
        return result


class FtTransformer(nn.Module):
    def __init__(self, n_num, cardinalities, d_token, n_heads, d_hidden, n_blocks, d_out):
        super().__init__()
        self.cardinalities = cardinalities
        self.num_weight = nn.Parameter(torch.empty(n_num, d_token))
        self.num_bias = nn.Parameter(torch.empty(n_num, d_token))
        self.embeddings = nn.ModuleList([nn.Embedding(size, d_token) for size in cardinalities])
        self.categ_bias = nn.Parameter(torch.empty(len(cardinalities), d_token))
        self.cls = nn.Parameter(torch.empty(d_token))
        self.blocks = nn.ModuleList([FtBlock(d_token, n_heads, d_hidden, i == 0) for i in range(n_blocks)])
        self.norm = nn.LayerNorm(d_token)
        self.head = nn.Linear(d_token, d_out)

    def forward(self, x_num, x_categ):
        tokens = [x_num[:, i, None] * self.num_weight[i] + self.num_bias[i] for i in range(x_num.shape[1])]
        tokens += [embed(x_categ[:, i]) + self.categ_bias[i] for i, embed in enumerate(self.embeddings)]
        tokens += [self.cls.expand(len(x_num), -1)]
        x = torch.stack(tokens, 1)
        for block in self.blocks:
            x = block(x)
        return self.head(F.relu(self.norm(x[:, -1])))

    def weights(self):
        result = {
            "tokens_num.weight": self.num_weight, "tokens_num.bias": self.num_bias,
            "tokens_categ.weight": torch.cat([embed.weight for embed in self.embeddings]),
            "tokens_categ.bias": self.categ_bias, "cls.weight": self.cls,
        }
        for i, block in enumerate(self.blocks, 1):
            result.update(block.weights(f"block{i}"))
        for name in ("norm", "head"):
            result.update({f"{name}.{key}": value for key, value in getattr(self, name).state_dict().items()})
        return result


def ft_transformer():
    network = fill(FtTransformer(n_num=3, cardinalities=[2, 4], d_token=4, n_heads=2, d_hidden=5, n_blocks=2, d_out=3))
    x_num = inputs_of(5, 3)
    x_categ = torch.stack([torch.arange(5) % size for size in network.cardinalities], 1)
    return case({"x_num": x_num, "x_categ": x_categ}, network.weights(), network(x_num, x_categ))


def random_weights(**shapes):
    return {name.replace("__", "."): inputs_of(*shape) for name, shape in shapes.items()}


def tabm(k=3, d_in=4, d_block=5, d_out=2):
    """Gorishniy et al. (2025): each member by itself, as the plain network that its factors make of the shared one."""
    weights = {}
    for name, sizes in {"linear1": (d_in, d_block), "linear2": (d_block, d_block)}.items():
        shapes = {"weight": sizes[::-1], "r": (k, sizes[0]), "s": (k, sizes[1]), "bias": (k, sizes[1])}
        weights.update({f"{name}.{kind}": inputs_of(*shape) for kind, shape in shapes.items()})
    weights.update(random_weights(head__weight=(k, d_block, d_out), head__bias=(k, d_out)))
    x = inputs_of(6, d_in)

    def member(m):
        y = x
        for name in ("linear1", "linear2"):
            weight, r, s, bias = (weights[f"{name}.{kind}"] for kind in ("weight", "r", "s", "bias"))
            y = F.relu(F.linear(y, s[m][:, None] * weight * r[m], bias[m]))
        return F.linear(y, weights["head.weight"][m].T, weights["head.bias"][m])

    return case({"x": x}, weights, torch.stack([member(m) for m in range(k)], 1))


def mini_member(y, weights, m):
    y = F.relu(F.linear(y * weights["adapter.weight"][m], weights["linear1.weight"], weights["linear1.bias"]))
    return F.linear(y, weights["head.weight"][m].T, weights["head.bias"][m])


def tabm_mini(x, embedded, embedding_weights, k=2, d_block=5, d_out=1):
    """TabM-mini on embedded numbers: factors of the members for the input only."""
    d_in = embedded.shape[1]
    weights = random_weights(
        adapter__weight=(k, d_in), linear1__weight=(d_block, d_in), linear1__bias=(d_block,),
        head__weight=(k, d_block, d_out), head__bias=(k, d_out),
    )
    output = torch.stack([mini_member(embedded, weights, m) for m in range(k)], 1)
    return case({"x_num": x}, {**embedding_weights, **weights}, output)


def tabm_periodic(features=2, n_frequencies=3, d_embedding=4):
    """Gorishniy et al. (2022), section 3.3."""
    weights = random_weights(
        encode__weight=(features, n_frequencies), embed__weight=(features, 2 * n_frequencies, d_embedding),
        embed__bias=(features, d_embedding),
    )
    x = inputs_of(5, features)
    columns = []
    for j in range(features):
        angles = 2 * torch.pi * weights["encode.weight"][j] * x[:, j, None]
        encoded = torch.cat([torch.cos(angles), torch.sin(angles)], 1)
        columns.append(F.relu(F.linear(encoded, weights["embed.weight"][j].T, weights["embed.bias"][j])))
    return tabm_mini(x, torch.cat(columns, 1), weights)


EDGES = [[-1.0, 0.0, 0.5, 2.0], [-0.5, 0.25]]


def through_bins(value, edges):
    """Gorishniy et al. (2022), equation 1."""
    last = len(edges) - 2
    result = []
    for t in range(last + 1):
        if value < edges[t] and t > 0:
            result.append(0.0)
        elif value >= edges[t + 1] and t < last:
            result.append(1.0)
        else:
            result.append((value - edges[t]) / (edges[t + 1] - edges[t]))
    return result


def tabm_piecewise_linear(d_embedding=4):
    features, most = len(EDGES), max(len(edges) for edges in EDGES) - 1
    weights = random_weights(
        embed_number__weight=(features, d_embedding), embed_number__bias=(features, d_embedding),
        embed_bins__weight=(features, most, d_embedding),
    )
    x = torch.tensor([[-1.5, -1.0], [-0.5, 0.0], [0.25, 0.1], [1.0, 0.25], [3.0, 1.0]])
    columns = []
    for j, edges in enumerate(EDGES):
        bins = torch.tensor([through_bins(value, edges) for value in x[:, j].tolist()])
        linear = x[:, j, None] * weights["embed_number.weight"][j] + weights["embed_number.bias"][j]
        columns.append(linear + bins @ weights["embed_bins.weight"][j][: len(edges) - 1])
    return tabm_mini(x, torch.cat(columns, 1), weights)


if __name__ == "__main__":
    torch.manual_seed(1)
    networks = [tab_resnet, ft_transformer, tabm, tabm_periodic, tabm_piecewise_linear]
    with torch.no_grad():
        cases = {network.__name__: network() for network in networks}
    with open("networks.json", "w") as file:
        json.dump(cases, file, separators=(",", ":"))
        file.write("\n")
