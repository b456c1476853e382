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


if __name__ == "__main__":
    torch.manual_seed(1)
    with torch.no_grad():
        cases = {"tab_resnet": tab_resnet(), "ft_transformer": ft_transformer()}
    with open("networks.json", "w") as file:
        json.dump(cases, file, indent=None, separators=(",", ":"))
        file.write("\n")
