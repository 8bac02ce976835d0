"""Holds our top-k and PowerSGD against PyTorch's own torch.topk and powerSGD_hook, on the cases that
oracle_cases_test left.

    python3 codec_oracle.py FOLDER

Exit status: 0 all agree, 1 a difference, 77 no PyTorch in this Python (CTest: skipped). Without gloo only the
hook is not asked.
"""

import array
import os
import pathlib
import sys

try:
    import torch
    import torch.distributed as dist
    from torch.distributed.algorithms.ddp_comm_hooks import powerSGD_hook
    from torch.nn.parallel import DistributedDataParallel
except ImportError as error:
    print(f"skipped: {sys.executable} has no PyTorch with torch.distributed ({error})")
    sys.exit(77)

ROWS, COLUMNS = 60, 144
folder = pathlib.Path(sys.argv[1])
differences = 0


def read(name):
    values = array.array("f")
    values.frombytes((folder / name).read_bytes())
    return torch.tensor(values)


def check(what, holds):
    global differences
    print(f"{'ok' if holds else 'DIFFERENT'}: {what}")
    differences += not holds


def check_topk():
    values = read("topk.in")
    for share in ("0.001", "0.01", "0.1", "0.5"):
        chosen = values.abs().topk(max(1, round(float(share) * len(values)))).indices
        expected = torch.zeros_like(values)
        expected[chosen] = values[chosen]
        check(f"topk({share}) is torch.topk", torch.equal(read(f"topk-{share}.out"), expected))


class Matrix(torch.nn.Module):
    """A module whose weight has `gradient` as its gradient, whatever the weight."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(ROWS, COLUMNS))

    def forward(self, gradient):
        return (self.weight * gradient).sum()


def hook_approximation(gradient, rank):
    model = DistributedDataParallel(Matrix())
    state = powerSGD_hook.PowerSGDState(
        None, matrix_approximation_rank=rank, start_powerSGD_iter=2, min_compression_rate=0.1,
        use_error_feedback=False, warm_start=True)
    model.register_comm_hook(state, powerSGD_hook.powerSGD_hook)
    for _ in range(40):
        model.zero_grad()
        model(gradient).backward()
    return model.module.weight.grad.clone()


def check_powersgd():
    gradient = read("powersgd.in").reshape(ROWS, COLUMNS)
    u, s, v = torch.linalg.svd(gradient, full_matrices=False)
    for rank in (1, 2, 4):
        ours = read(f"powersgd-{rank}.out").reshape(ROWS, COLUMNS)
        hook = hook_approximation(gradient, rank)
        best = (u[:, :rank] * s[:rank]) @ v[:rank]
        off = float((ours - hook).norm() / hook.norm())
        check(f"powersgd({rank}) is the hook's within {off:.1e}", off < 1e-3)
        off = float((ours - best).norm() / best.norm())
        check(f"powersgd({rank}) is the best of its rank within {off:.1e}", off < 1e-3)
        check("the matrix is not of that rank", float((gradient - best).norm() / s[0]) > 1e-2)


check_topk()
if dist.is_available() and dist.is_gloo_available():
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    check_powersgd()
    sys.exit(1 if differences else 0)
# What was compared is right, but not all was: no pass.
print("powersgd not compared: this PyTorch has no gloo")
sys.exit(1 if differences else 77)
