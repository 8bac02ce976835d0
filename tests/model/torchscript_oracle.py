"""Opens in Python the model files that torchscript_test left, and compares them with networks that
are written here in plain PyTorch.

    python3 torchscript_oracle.py FOLDER

Exit status: 0 all equal, 1 a difference, 77 no PyTorch in this Python (CTest: skipped).
"""

import ctypes
import hashlib
import pathlib
import sys

try:
    import torch
except ImportError as error:
    print(f"skipped: {sys.executable} has no PyTorch ({error})")
    sys.exit(77)

from torch import nn
from torch.nn import functional


class Cnn(nn.Module):
    def __init__(self, channels, height, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 32, 5, padding="same")
        self.conv2 = nn.Conv2d(32, 64, 5, padding="same")
        self.fc1 = nn.Linear(64 * (height // 2 // 2) * (width // 2 // 2), 512)
        self.fc2 = nn.Linear(512, classes)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
        return self.fc2(functional.relu(self.fc1(x.flatten(1))))


class LeNet(nn.Module):
    def __init__(self, channels, height, width, classes, norm):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 5)
        self.norm1 = norm(6)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.norm2 = norm(16)
        left = [((size - 4) // 2 - 4) // 2 for size in (height, width)]
        self.fc1 = nn.Linear(16 * left[0] * left[1], 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.norm1(self.conv1(x))), 2)
        x = functional.max_pool2d(functional.relu(self.norm2(self.conv2(x))), 2)
        return self.fc3(functional.relu(self.fc2(functional.relu(self.fc1(x.flatten(1))))))


class SmallCnn(nn.Module):
    def __init__(self, channels, height, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 32, 3)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.dropout1 = nn.Dropout(0.25)
        self.fc1 = nn.Linear(64 * ((height - 4) // 2) * ((width - 4) // 2), 128)
        self.dropout2 = nn.Dropout(0.5)
        self.fc2 = nn.Linear(128, classes)

    def forward(self, x):
        x = functional.relu(self.conv2(functional.relu(self.conv1(x))))
        x = self.dropout1(functional.max_pool2d(x, 2)).flatten(1)
        return self.fc2(self.dropout2(functional.relu(self.fc1(x))))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride, norm):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = norm(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = norm(outputs)
        self.downsample = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), norm(outputs)
            )

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class ResNet18(nn.Module):
    def __init__(self, channels, classes, norm):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 3, 1, 1, bias=False)
        self.bn1 = norm(64)
        widths = [64, 64, 128, 256, 512]
        for i in range(1, 5):
            first = Block(widths[i - 1], widths[i], 1 if i == 1 else 2, norm)
            second = Block(widths[i], widths[i], 1, norm)
            setattr(self, f"layer{i}", nn.Sequential(first, second))
        self.fc = nn.Linear(512, classes)

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
        return self.fc(x.mean((2, 3)))


class Stack(nn.Module):
    """Linear layers with ReLU between; `names` are their attribute names."""

    def __init__(self, names, sizes):
        super().__init__()
        self.names = names
        for name, inputs, outputs in zip(names, sizes, sizes[1:]):
            setattr(self, name, nn.Linear(inputs, outputs))

    def forward(self, x):
        x = x.flatten(1)
        for i, name in enumerate(self.names):
            x = getattr(self, name)(functional.relu(x) if i else x)
        return x


class StridedCnn(nn.Module):
    def __init__(self, channels, classes, norm, bias):
        super().__init__()
        widths = [channels, 16, 32, 64, 64]
        for i, stride in enumerate([1, 2, 2, 1]):
            convolution = nn.Conv2d(widths[i], widths[i + 1], 3, stride, 1, bias=bias)
            setattr(self, f"conv{i + 1}", convolution)
            setattr(self, f"norm{i + 1}", norm(widths[i + 1]))
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        for i in range(1, 5):
            x = functional.relu(getattr(self, f"norm{i}")(getattr(self, f"conv{i}")(x)))
        return self.fc(x.mean([2, 3]))


def reference(case, network, channels, height, width, classes):
    if network == "logistic":
        return Stack(["fc"], [channels * height * width, classes])
    if network == "mlp":
        return Stack(["fc1", "fc2", "fc3"], [channels * height * width, 200, 200, classes])
    if network == "cnn":
        return Cnn(channels, height, width, classes)
    if network == "small_cnn":
        return SmallCnn(channels, height, width, classes)
    groups = {"lenet": lambda count: 2, "strided_cnn": lambda count: count // 8}
    norm = {
        "batch": nn.BatchNorm2d,
        "group": lambda count: nn.GroupNorm(groups.get(network, lambda _: 32)(count), count),
        "none": lambda count: nn.Identity(),
    }[case.split("_")[-1]]
    if network == "lenet":
        return LeNet(channels, height, width, classes, norm)
    if network == "strided_cnn":
        return StridedCnn(channels, classes, norm, case.endswith("_none"))
    return ResNet18(channels, classes, norm)


def raw_bytes(tensor):
    tensor = tensor.detach().contiguous()
    return ctypes.string_at(tensor.data_ptr(), tensor.numel() * tensor.element_size())


def check(folder, case):
    lines = (folder / f"{case}.manifest").read_text().splitlines()
    network, dtype, classes, channels, height, width, steps, sha256 = lines[0].split()
    classes, channels, height, width = map(int, (classes, channels, height, width))
    dtype = getattr(torch, dtype)
    expected = [(line.split()[0], tuple(map(int, line.split()[1:]))) for line in lines[1:]]

    module = torch.jit.load(str(folder / f"{case}.pt"))
    assert not module.training, "not in evaluation mode"
    assert not any(m.training for m in module.modules()), "a part is not in evaluation mode"
    state = module.state_dict()
    found = [(name, tuple(tensor.shape)) for name, tensor in state.items()]
    assert found == expected, f"state dict {found}, manifest {expected}"
    for name, tensor in state.items():
        counter = name.endswith("num_batches_tracked")
        assert tensor.dtype == (torch.int64 if counter else dtype), f"{name} is {tensor.dtype}"
        assert not counter or tensor.item() == int(steps), f"{name} is {tensor.item()}"
    digest = hashlib.sha256(b"".join(raw_bytes(tensor) for tensor in state.values()))
    assert digest.hexdigest() == sha256, "model_sha256 differs"
    trained = [name for name, _ in module.named_parameters()]
    buffers = [name for name, _ in module.named_buffers()]
    assert len(trained) + len(buffers) == len(expected), f"{trained} and {buffers}"

    x = torch.frombuffer(bytearray((folder / f"{case}.x.f32").read_bytes()), dtype=torch.float32)
    x = x.reshape(-1, channels, height, width).to(dtype)
    logits = torch.frombuffer(
        bytearray((folder / f"{case}.logits.f64").read_bytes()), dtype=torch.float64
    ).reshape(-1, classes)
    assert len(logits) == len(x)
    assert logits.abs().max() > 1e-3, "logits are all but zero"

    own = reference(case, network, channels, height, width, classes).to(dtype)
    own.load_state_dict(state)
    own.eval()
    rtol = 1e-5 if dtype == torch.float32 else 1e-12
    with torch.no_grad():
        for what, answer in (("file", module(x)), ("reference", own(x))):
            assert answer.dtype == dtype
            scale = logits.abs().max().item()
            close = torch.allclose(answer.double(), logits, rtol=rtol, atol=rtol * scale)
            worst = (answer.double() - logits).abs().max().item()
            assert close, f"{what}: logits differ by {worst}, of {scale}"
        # Any number of samples works, and so does training mode, where dropout is torch's own.
        assert module(x[:1]).shape == (1, classes)
        module.train()
        differs = not torch.equal(module(x), module(x))
        assert differs == (network == "small_cnn"), "dropout where there is none, or none"


def main(folder):
    torch.set_num_threads(1)
    cases = sorted(path.stem for path in folder.glob("*.pt"))
    if len(cases) < 8:
        print(f"{folder} has {len(cases)} model files; expected at least 8")
        return 1
    failures = 0
    for case in cases:
        try:
            check(folder, case)
            print(f"{case}: equal")
        except Exception as error:  # a broken case must not hide the others
            failures += 1
            print(f"{case}: {type(error).__name__}: {error}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
