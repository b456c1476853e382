"""Writes functional.json: what PyTorch's torch.nn.functional returns, for the functions `nnf_*`.

usage: python3 functional.py > functional.json
A case has R's function, its arguments as R counts them (from 1) and PyTorch's results, positions from 1 again.
"""
import json

import torch
import torch.nn.functional as F

torch.manual_seed(1)


def numbers(*shape):
    """Multiples of 1/16 from -2 to 2, so that few digits say all."""
    return (torch.rand(*shape) * 4 - 2).mul(16).round().div(16)


def to_json(value, is_position=False):
    if isinstance(value, torch.Tensor):
        value = value.detach()
        flat = (value + 1 if is_position else value).flatten().tolist()
        if value.dtype == torch.bool:
            flat = [int(x) for x in flat]
        if value.is_floating_point():
            flat = [str(x) if x != x or abs(x) == float("inf") else float(f"{x:.7g}") for x in flat]
        return {"dtype": str(value.dtype).replace("torch.", ""), "shape": list(value.shape), "values": flat}
    if isinstance(value, (list, tuple)):
        return {"integers": list(value)}
    return {"value": value}


CASES = []


def case(function, results, positions=(), **arguments):
    """`positions`: names of arguments, and numbers of results, that count from 1 in R."""
    results = results if isinstance(results, (list, tuple)) else [results]
    CASES.append({
        "function": "nnf_" + function,
        "arguments": {k: to_json(v, k in positions) for k, v in arguments.items()},
        "results": [to_json(r, i in positions) for i, r in enumerate(results)],
    })


def same(function, *given, renamed=None, **arguments):
    """A function whose arguments are called the same in PyTorch."""
    theirs = getattr(F, function)
    case(function, theirs(*[v.clone() for v in given], **arguments),
         **dict(zip(renamed or ("input",), given)), **arguments)


def activations():
    x = numbers(2, 4)
    for name in ("elu", "selu", "celu", "relu", "relu6", "silu", "hardswish", "hardsigmoid", "leaky_relu", "hardtanh",
                 "hardshrink", "softplus", "softshrink", "softsign", "tanhshrink", "logsigmoid", "gelu"):
        same(name, x)
    for name in ("elu", "celu", "selu", "relu", "relu6", "silu", "hardswish", "hardsigmoid", "leaky_relu", "hardtanh"):
        case(name, getattr(F, name)(x.clone()), input=x, inplace=True)
    for name in ("elu_", "celu_", "selu_", "relu_", "hardtanh_"):
        case(name, getattr(F, name)(x.clone()), input=x)
    case("threshold_", F.threshold(x.clone(), 0.5, -1), input=x, threshold=0.5, value=-1)
    case("sigmoid", torch.sigmoid(x), input=x)
    same("elu", x, alpha=0.5)
    same("celu", x, alpha=0.5)
    same("leaky_relu", x, negative_slope=0.3)
    same("hardtanh", x, min_val=-0.5, max_val=0.25)
    same("hardshrink", x, lambd=1)
    same("softshrink", x, lambd=1)
    same("softplus", x, beta=2, threshold=1)
    same("threshold", x, threshold=0.5, value=-1)
    same("gelu", x, approximate="tanh")
    same("rrelu", x)
    case("rrelu_", F.rrelu(x), input=x)
    same("glu", x)
    for name in ("softmax", "softmin", "log_softmax"):
        case(name, getattr(F, name)(x, dim=0), input=x, dim=1)
        case(name, getattr(F, name)(x, dim=1, dtype=torch.float64), input=x, dim=-1, dtype="float64")
    case("prelu", F.prelu(x, torch.tensor([0.1, 0.2, 0.3, 0.4])), input=x, weight=torch.tensor([0.1, 0.2, 0.3, 0.4]))
    case("contrib_sparsemax", torch.tensor([[0.75, 0.25, 0.0], [1.0, 0.0, 0.0]]),
         input=torch.tensor([[1.0, 0.5, -1.0], [3.0, 0.0, 0.5]]))


def layers():
    x, w, b = numbers(2, 4), numbers(3, 4), numbers(3)
    case("linear", F.linear(x, w, b), input=x, weight=w, bias=b)
    case("linear", F.linear(numbers(2, 2, 4) * 0 + 1, w), input=torch.ones(2, 2, 4), weight=w)
    y, bw = numbers(2, 3), numbers(2, 4, 3)
    case("bilinear", F.bilinear(x, y, bw), input1=x, input2=y, weight=bw)
    for n in (1, 2, 3):
        image = numbers(1, 2, *[3] * n)
        filters, bias = numbers(4, 1, *[2] * n), numbers(4)
        options = {"stride": 2, "padding": 1, "dilation": 2, "groups": 2}
        case(f"conv{n}d", getattr(F, f"conv{n}d")(image, filters, bias, **options), input=image, weight=filters,
             bias=bias, **options)
        back = numbers(2, 2, *[2] * n)
        options = {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2, "dilation": 2}
        case(f"conv_transpose{n}d", getattr(F, f"conv_transpose{n}d")(image, back, bias, **options), input=image,
             weight=back, bias=bias, **options)
    x, w, b = numbers(4, 2, 3), numbers(2, 3, 2), numbers(2)
    case("conv_tbc", torch.conv_tbc(x, w, b, 1), input=x, weight=w, bias=b, pad=1)
    ids, table = torch.tensor([[1, 3], [0, 2]]), numbers(4, 3)
    case("embedding", F.embedding(ids, table), ("input",), input=ids, weight=table)
    case("embedding", F.embedding(ids, table.clone(), max_norm=1.0), ("input",), input=ids, weight=table, max_norm=1)
    for mode in ("sum", "mean", "max"):
        case("embedding_bag", F.embedding_bag(ids, table, mode=mode), ("input",), input=ids, weight=table, mode=mode)
    flat, starts = torch.tensor([1, 3, 0, 2]), torch.tensor([0, 3])
    case("embedding_bag", F.embedding_bag(flat, table, starts), ("input", "offsets"), input=flat, weight=table,
         offsets=starts)
    case("embedding_bag", F.embedding_bag(ids, table, per_sample_weights=table[:2, :2], mode="sum"), ("input",),
         input=ids, weight=table, per_sample_weights=table[:2, :2], mode="sum")
    case("one_hot", F.one_hot(ids), ("tensor",), tensor=ids)
    case("one_hot", F.one_hot(ids, 5), ("tensor",), tensor=ids, num_classes=5)


def normalisation():
    x, w, b, m, v = numbers(3, 4, 5), numbers(4), numbers(4), numbers(4), numbers(4).abs() + 0.5
    case("batch_norm", F.batch_norm(x, m, v, w, b), input=x, running_mean=m, running_var=v, weight=w, bias=b)
    case("batch_norm", F.batch_norm(x, m.clone(), v.clone(), training=True), input=x, running_mean=m, running_var=v,
         training=True)
    case("instance_norm", F.instance_norm(x, weight=w, bias=b), input=x, weight=w, bias=b)
    case("instance_norm", F.instance_norm(x, m, v, use_input_stats=False), input=x, running_mean=m, running_var=v,
         use_input_stats=False)
    case("layer_norm", F.layer_norm(x, [5]), input=x, normalized_shape=5)
    case("layer_norm", F.layer_norm(x, [4, 5], eps=0.1), input=x, normalized_shape=[4, 5], eps=0.1)
    case("group_norm", F.group_norm(x, 2, w, b), input=x, num_groups=2, weight=w, bias=b)
    for shape in ((2, 4, 3), (2, 4, 3, 2), (2, 4, 2, 2, 2)):
        y = numbers(*shape)
        for size in (2, 3):
            case("local_response_norm", F.local_response_norm(y, size, alpha=0.1, beta=0.5, k=2), input=y, size=size,
                 alpha=0.1, beta=0.5, k=2)
    case("normalize", F.normalize(x), input=x)
    case("normalize", F.normalize(x, p=1, dim=2), input=x, p=1, dim=3)


def pooling():
    for n in (1, 2, 3):
        size = (6, 6, 4)[n - 1]
        x = numbers(1, 2, *[size] * n)
        options = {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}
        case(f"avg_pool{n}d", getattr(F, f"avg_pool{n}d")(x, **options), input=x, **options)
        case(f"avg_pool{n}d", getattr(F, f"avg_pool{n}d")(x, 2), input=x, kernel_size=2)
        values, at = getattr(F, f"max_pool{n}d")(x, 2, return_indices=True)
        case(f"max_pool{n}d", [values, at], (1,), input=x, kernel_size=2, return_indices=True)
        case(f"max_pool{n}d", getattr(F, f"max_pool{n}d")(x, 2, 1, 1, 2), input=x, kernel_size=2, stride=1, padding=1,
             dilation=2)
        case(f"max_unpool{n}d", getattr(F, f"max_unpool{n}d")(values, at, 2), ("indices",), input=values, indices=at,
             kernel_size=2)
        wide = [size + 1] * n
        case(f"max_unpool{n}d", getattr(F, f"max_unpool{n}d")(values, at, 2, output_size=wide), ("indices",),
             input=values, indices=at, kernel_size=2, output_size=wide)
        case(f"adaptive_avg_pool{n}d", getattr(F, f"adaptive_avg_pool{n}d")(x, 3), input=x, output_size=3)
        case(f"adaptive_max_pool{n}d", getattr(F, f"adaptive_max_pool{n}d")(x, 3), input=x, output_size=3)
        case(f"adaptive_max_pool{n}d", getattr(F, f"adaptive_max_pool{n}d")(x, 3, return_indices=True), (1,), input=x,
             output_size=3, return_indices=True)
        if n > 1:
            drawn = torch.rand(1, 2, n).mul(16).round().div(16)
            theirs = getattr(F, f"fractional_max_pool{n}d")
            case(f"fractional_max_pool{n}d", theirs(x, 2, output_ratio=0.5, _random_samples=drawn), input=x,
                 kernel_size=2, output_ratio=0.5, random_samples=drawn)
            case(f"fractional_max_pool{n}d", theirs(x, 2, output_size=2, return_indices=True, _random_samples=drawn),
                 (1,), input=x, kernel_size=2, output_size=2, return_indices=True, random_samples=drawn)
        if n < 3:
            case(f"lp_pool{n}d", getattr(F, f"lp_pool{n}d")(x.abs(), 3, 2), input=x.abs(), norm_type=3, kernel_size=2)
            case(f"lp_pool{n}d", getattr(F, f"lp_pool{n}d")(x, 2, 3, 1, True), input=x, norm_type=2, kernel_size=3,
                 stride=1, ceil_mode=True)


def vision():
    modes = {1: ["nearest", "linear", "area"], 2: ["nearest", "bilinear", "bicubic", "area"],
             3: ["nearest", "trilinear", "area"]}
    for n in (1, 2, 3):
        x = numbers(1, 1, *[3] * n)
        for mode in modes[n]:
            case("interpolate", F.interpolate(x, size=4, mode=mode), input=x, size=4, mode=mode)
            case("interpolate", F.interpolate(x, scale_factor=1.7, mode=mode), input=x, scale_factor=1.7, mode=mode)
            if "linear" in mode or mode == "bicubic":
                case("interpolate", F.interpolate(x, size=5, mode=mode, align_corners=True), input=x, size=5,
                     mode=mode, align_corners=True)
                case("interpolate", F.interpolate(x, scale_factor=1.7, mode=mode, recompute_scale_factor=True),
                     input=x, scale_factor=1.7, mode=mode, recompute_scale_factor=True)
        pad = [1, 0] * n
        for mode in ("constant", "reflect", "replicate", "circular"):
            case("pad", F.pad(x, pad, mode=mode), input=x, pad=pad, mode=mode)
        case("pad", F.pad(x, [1, 2], value=0.5), input=x, pad=[1, 2], value=0.5)
    theta, x = numbers(1, 2, 3), numbers(1, 1, 3, 3)
    grid = F.affine_grid(theta, [1, 1, 2, 3], align_corners=False)
    case("affine_grid", grid, theta=theta, size=[1, 1, 2, 3])
    for mode in ("bilinear", "nearest"):
        for outside in ("zeros", "border", "reflection"):
            case("grid_sample", F.grid_sample(x, grid, mode, outside, align_corners=False), input=x, grid=grid,
                 mode=mode, padding_mode=outside)
    case("grid_sample", F.grid_sample(x, grid, align_corners=True), input=x, grid=grid, align_corners=True)
    x = numbers(1, 4, 2, 2)
    same("pixel_shuffle", x, upscale_factor=2)
    blocks = F.unfold(x, 2, padding=1)
    case("unfold", blocks, input=x, kernel_size=2, padding=1)
    case("fold", F.fold(blocks, 2, 2, padding=1), input=blocks, output_size=2, kernel_size=2, padding=1)


def distances():
    x, y = numbers(3, 4), numbers(3, 4)
    case("cosine_similarity", F.cosine_similarity(x, y), x1=x, x2=y)
    case("pairwise_distance", F.pairwise_distance(x, y, p=3, keepdim=True), x1=x, x2=y, p=3, keepdim=True)
    case("pdist", F.pdist(x), input=x)


def reductions(function, theirs, positions=(), **arguments):
    for reduction in ("mean", "sum", "none"):
        case(function, theirs(reduction), positions, reduction=reduction, **arguments)


def losses():
    x, y, sign = numbers(3, 4), numbers(3, 4), torch.tensor([1.0, -1.0, 1.0])
    for name in ("l1_loss", "mse_loss", "smooth_l1_loss"):
        reductions(name, lambda r: getattr(F, name)(x, y, reduction=r), input=x, target=y)
    probability, truth, weight = torch.sigmoid(x), (y > 0).float(), numbers(4).abs()
    reductions("binary_cross_entropy", lambda r: F.binary_cross_entropy(probability, truth, weight, reduction=r),
               input=probability, target=truth, weight=weight)
    reductions("binary_cross_entropy_with_logits",
               lambda r: F.binary_cross_entropy_with_logits(x, truth, weight, reduction=r, pos_weight=weight + 1),
               input=x, target=truth, weight=weight, pos_weight=weight + 1)
    logs, parts = F.log_softmax(x, 1), F.softmax(y, 1)
    for reduction in ("sum", "none", "batchmean", "mean"):
        case("kl_div", F.kl_div(logs, parts, reduction=reduction), input=logs, target=parts, reduction=reduction)
    classes = torch.tensor([2, 0, 3])
    reductions("nll_loss", lambda r: F.nll_loss(logs, classes, weight, reduction=r), ("target",), input=logs,
               target=classes, weight=weight)
    deep, many = numbers(2, 3, 2, 2), torch.tensor([[[0, 1], [2, 1]], [[2, 2], [0, 1]]])
    case("nll_loss", F.nll_loss(deep, many, ignore_index=1), ("target",), input=deep, target=many, ignore_index=2)
    flat, row = numbers(2, 3, 4), torch.tensor([[0, 1, 2, 1], [2, 2, 0, 1]])
    case("nll_loss", F.nll_loss(flat, row, reduction="none"), ("target",), input=flat, target=row, reduction="none")
    reductions("cross_entropy", lambda r: F.cross_entropy(x, classes, weight, reduction=r), ("target",), input=x,
               target=classes, weight=weight)
    case("cross_entropy", F.cross_entropy(deep, many, ignore_index=1), ("target",), input=deep, target=many,
         ignore_index=2)
    case("cross_entropy", F.cross_entropy(x, parts), input=x, target=parts)
    for name in ("hinge_embedding_loss", "soft_margin_loss"):
        reductions(name, lambda r: getattr(F, name)(x[:, 0], sign, reduction=r), input=x[:, 0], target=sign)
    reductions("multi_margin_loss", lambda r: F.multi_margin_loss(x, classes, 2, 0.5, weight, reduction=r), ("target",),
               input=x, target=classes, p=2, margin=0.5, weight=weight)
    several = torch.tensor([[3, 0, -1, 1], [1, -1, -1, -1], [0, 1, 2, 3]])
    shifted = torch.where(several >= 0, several + 1, several)
    reductions("multilabel_margin_loss", lambda r: F.multilabel_margin_loss(x, several, reduction=r), input=x,
               target=shifted)
    reductions("multilabel_soft_margin_loss", lambda r: F.multilabel_soft_margin_loss(x, truth, weight, reduction=r),
               input=x, target=truth, weight=weight)
    reductions("cosine_embedding_loss", lambda r: F.cosine_embedding_loss(x, y, sign, 0.1, reduction=r), input1=x,
               input2=y, target=sign, margin=0.1)
    reductions("margin_ranking_loss", lambda r: F.margin_ranking_loss(x[:, 0], y[:, 0], sign, 0.1, reduction=r),
               input1=x[:, 0], input2=y[:, 0], target=sign, margin=0.1)
    triple = {"anchor": x, "positive": y, "negative": x + 0.5 * y}
    reductions("triplet_margin_loss", lambda r: F.triplet_margin_loss(*triple.values(), 2, swap=True, reduction=r),
               **triple, margin=2, swap=True)
    reductions("triplet_margin_with_distance_loss",
               lambda r: F.triplet_margin_with_distance_loss(*triple.values(), margin=2, swap=True, reduction=r),
               **triple, margin=2, swap=True)
    counts = torch.tensor([[0.0, 2, 5, 1]] * 3)
    reductions("poisson_nll_loss", lambda r: F.poisson_nll_loss(x, counts, full=True, reduction=r), input=x,
               target=counts, full=True)
    time = F.log_softmax(numbers(6, 2, 4), 2)
    labels, lengths = torch.tensor([[1, 3], [2, 2]]), [6, 5]
    reductions("ctc_loss", lambda r: F.ctc_loss(time, labels, torch.tensor(lengths), torch.tensor([2, 2]),
                                                reduction=r),
               log_probs=time, targets=labels, input_lengths=lengths, target_lengths=[2, 2])


def attention():
    q, k = numbers(2, 3, 4), numbers(3, 3, 4)
    w, b, ow, ob = numbers(12, 4), numbers(12), numbers(4, 4), numbers(4)
    plain = dict(embed_dim_to_check=4, num_heads=2, in_proj_weight=w, in_proj_bias=b, bias_k=None, bias_v=None,
                 add_zero_attn=False, dropout_p=0.5, out_proj_weight=ow, out_proj_bias=ob, training=False)
    added = dict(plain, bias_k=numbers(1, 1, 4), bias_v=numbers(1, 1, 4), add_zero_attn=True)
    pad, mask = torch.tensor([[False, False, True]] * 3), torch.tensor([[False, True, False], [False, False, True]])
    separate = dict(plain, use_separate_proj_weight=True, q_proj_weight=w[:4], k_proj_weight=w[4:8],
                    v_proj_weight=w[8:])
    for arguments, given in ((plain, (q, q, q)), (plain, (q, k, k)), (plain, (q, k, k + 1)), (separate, (q, k, k + 1)),
                             (dict(plain, attn_mask=mask, key_padding_mask=pad), (q, k, k)),
                             (dict(plain, attn_mask=mask * -0.5), (q, k, k)),
                             (dict(added, attn_mask=mask, key_padding_mask=pad), (q, k, k)),
                             (dict(added, avg_weights=False), (q, k, k))):
        theirs = {("average_attn_weights" if n == "avg_weights" else n): v for n, v in arguments.items()}
        case("multi_head_attention_forward", F.multi_head_attention_forward(*given, **theirs),
             **dict(zip(("query", "key", "value"), given)), **arguments)


for write in (activations, layers, normalisation, pooling, vision, distances, losses, attention):
    write()
print("[\n" + ",\n".join(json.dumps(c) for c in CASES) + "\n]")
