"""Compares Verge's top-k and PowerSGD with PyTorch's own torch.topk and powerSGD_hook, on the cases
that oracle_cases_test left.

    python3 codec_oracle.py FOLDER

Exit status: 0 all agree, 1 a difference, 77 no PyTorch in this Python (CTest: skipped). Without
gloo the hook is not compared, and the status is 1 or 77.
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


class Hook:
    """PyTorch's powerSGD_hook in one process. It sends the gradients of the first `plain_rounds`
    rounds unchanged."""

    plain_rounds = 2

    def __init__(self, rank, error_feedback):
        self.model = DistributedDataParallel(Matrix())
        self.state = powerSGD_hook.PowerSGDState(
            None, matrix_approximation_rank=rank, start_powerSGD_iter=self.plain_rounds,
            min_compression_rate=0.1, use_error_feedback=error_feedback, warm_start=True)
        self.model.register_comm_hook(self.state, powerSGD_hook.powerSGD_hook)

    def send(self, gradient):
        self.model.zero_grad()
        self.model(gradient).backward()
        return self.model.module.weight.grad.clone()


def hook_approximation(gradient, rank):
    hook = Hook(rank, error_feedback=False)
    for _ in range(40):
        sent = hook.send(gradient)
    return sent


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


def check_powersgd_with_error_feedback():
    gradients = read("powersgd-rounds.in").reshape(-1, ROWS, COLUMNS)
    start = read("powersgd-rounds.start").reshape(-1, COLUMNS)
    for rank in (1, 2, 4):
        ours = read(f"powersgd-rounds-{rank}.out").reshape(-1, ROWS, COLUMNS)
        hook = Hook(rank, error_feedback=True)
        for _ in range(hook.plain_rounds):
            hook.send(torch.zeros(ROWS, COLUMNS))
        # Start from Verge's subspace instead of the hook's own random one.
        hook.state.p_memory_dict[0] = torch.empty(ROWS * rank)
        hook.state.q_memory_dict[0] = start[:rank].t().reshape(-1).clone()
        off = max(float((sent - hook.send(gradient)).norm() / sent.norm())
                  for sent, gradient in zip(ours, gradients))
        check(f"powersgd({rank}) with error feedback is the hook's in each of {len(ours)} rounds "
              f"within {off:.1e}", off < 1e-3)
        left = gradients.sum(0) - ours.sum(0)
        check("and something is left", float(left.norm()) > 0.1)


check_topk()
if dist.is_available() and dist.is_gloo_available():
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    check_powersgd()
    check_powersgd_with_error_feedback()
    sys.exit(1 if differences else 0)
# What was compared is right, but not everything was compared, so this is no pass.
print("powersgd not compared: this PyTorch has no gloo")
sys.exit(1 if differences else 77)
