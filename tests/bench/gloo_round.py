"""A round of PyTorch's gloo, for bench_nodes: rank 0 broadcasts the model to N other processes,
gathers an update from each, and sums them. Prints seconds per round.
Arguments: N, floats, rounds."""
import os
import socket
import sys
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def work(rank, devices, floats, rounds, port):
    os.environ["MASTER_ADDR"] = "127.0.0.1"
    os.environ["MASTER_PORT"] = str(port)
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=rank, world_size=devices + 1)
    model = torch.ones(floats)
    update = torch.full((floats,), 1e-6)
    room = [torch.empty(floats) for _ in range(devices + 1)] if rank == 0 else None
    for number in range(rounds + 1):
        if number == 1:  # the first one faults pages in
            begin = time.perf_counter()
        dist.broadcast(model, 0)
        dist.gather(update, room, 0)
        if rank == 0:
            for one in room[1:]:
                model += one
    if rank == 0:
        print((time.perf_counter() - begin) / rounds)
    dist.destroy_process_group()


if __name__ == "__main__":
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    count, floats, rounds = map(int, sys.argv[1:4])
    mp.spawn(work, (count, floats, rounds, port), nprocs=count + 1)
