"""The same programs in plain PyTorch, as its tutorials write them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from programs import data

Action = Callable[[], Any]


def epoch(
    model: nn.Module, make: Any, judge: Any, arrays: data.Arrays, batch: int, epochs: int = 1, images: bool = False
) -> Action:
    x, y = map(torch.from_numpy, arrays)
    x = x.permute(0, 3, 1, 2).contiguous() if images else x.long() if not x.is_floating_point() else x
    y = y.long() if y.ndim == 1 else y
    optimizer = make(model.parameters())

    def action() -> None:
        model.train()
        for _ in range(epochs):
            order = torch.randperm(len(x))
            right = total = torch.zeros(())
            for at in order.split(batch):
                inputs, targets = x[at], y[at]
                optimizer.zero_grad()
                outputs = model(inputs)
                loss = judge(outputs, targets)
                loss.backward()
                optimizer.step()
                total = total + loss.detach()
                found = outputs.argmax(-1) if targets.ndim == 1 else (outputs > 0).float()
                right = right + (found == targets).sum()
            total.item(), right.item()

    action()
    return action


def logistic() -> Action:
    make = lambda p: torch.optim.SGD(p, 0.1)
    return epoch(nn.Linear(3, 1), make, F.binary_cross_entropy_with_logits, data.logistic(), 1, 200)


def mlp_model() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))


def mlp() -> Action:
    return epoch(mlp_model(), torch.optim.RMSprop, F.cross_entropy, data.digits(60_000, flat=True), 128, 3)


def convnet() -> Action:
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25),
        nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10),
    )  # fmt: skip
    return epoch(model, torch.optim.Adam, F.cross_entropy, data.digits(2_560, flat=False), 128, images=True)


class Block(nn.Module):
    def __init__(self, inputs: int, filters: int) -> None:
        super().__init__()
        strides = 1 if inputs == filters else 2
        self.conv1 = nn.Conv2d(inputs, filters, 3, strides, 1, bias=False)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(filters), nn.BatchNorm2d(filters)
        self.short = nn.Identity() if strides == 1 else nn.Conv2d(inputs, filters, 1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(y + self.short(x))


def resnet20() -> Action:
    stem = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    blocks = [Block(max(16, (16 << s) >> (s > 0 and not b)), 16 << s) for s in range(3) for b in range(3)]
    model = nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    return epoch(model, torch.optim.Adam, F.cross_entropy, data.pictures(1_024), 128, images=True)


class Reader(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.lstm, self.out = (
            nn.Embedding(20_000, 128),
            nn.LSTM(128, 128, batch_first=True),
            nn.Linear(128, 1),
        )

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.out(self.lstm(self.embed(ids))[0][:, -1])


def lstm() -> Action:
    return epoch(Reader(), torch.optim.Adam, F.binary_cross_entropy_with_logits, data.texts(1_600, 80), 32)


def table() -> Action:
    model = nn.Sequential(nn.EmbeddingBag(200_000, 128, mode="mean", sparse=True), nn.Linear(128, 1))
    arrays = data.texts(1_600, 80, words=200_000)
    return epoch(model, torch.optim.Adagrad, F.binary_cross_entropy_with_logits, arrays, 32)


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        make = lambda: nn.TransformerEncoderLayer(128, 4, 256, dropout=0.0, batch_first=True)
        self.embed, self.blocks, self.out = nn.Embedding(20_000, 128), nn.Sequential(make(), make()), nn.Linear(128, 1)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.out(self.blocks(self.embed(ids)).mean(1))


def transformer() -> Action:
    return epoch(Encoder(), torch.optim.Adam, F.binary_cross_entropy_with_logits, data.texts(1_024, 128), 32)


class Wide(nn.Module):
    """A block of ResNet-50: 1 x 1, 3 x 3, 1 x 1."""

    def __init__(self, inputs: int, filters: int, strides: int) -> None:
        super().__init__()
        conv = partial(nn.Conv2d, bias=False)
        norm = nn.BatchNorm2d
        self.main = nn.Sequential(
            conv(inputs, filters, 1, strides), norm(filters), nn.ReLU(),
            conv(filters, filters, 3, 1, 1), norm(filters), nn.ReLU(),
            conv(filters, 4 * filters, 1), norm(4 * filters),
        )  # fmt: skip
        self.short: nn.Module = nn.Identity()
        if inputs != 4 * filters:
            self.short = nn.Sequential(conv(inputs, 4 * filters, 1, strides), norm(4 * filters))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.main(x) + self.short(x))


def resnet50_model() -> nn.Module:
    sizes = data.RESNET50
    parts: list[nn.Module] = [
        nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
    ]  # fmt: skip
    inputs = 64
    for stage, blocks in enumerate(sizes.stages):
        for block in range(blocks):
            parts.append(Wide(inputs, 64 << stage, 2 if stage and not block else 1))
            inputs = 256 << stage
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, sizes.classes))


class Attentive(nn.Module):
    """A block of GPT-2."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.dense = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = self.project(self.norm1(x)).view(*x.shape[:2], 3, self.heads, -1)
        q, k, v = (part.transpose(1, 2) for part in parts.unbind(2))
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(x.shape)
        x = x + self.out(attended)
        return x + self.dense(self.norm2(x))


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        sizes = data.GPT2
        self.words, self.places = nn.Embedding(sizes.words, sizes.width), nn.Embedding(sizes.steps, sizes.width)
        self.blocks = nn.Sequential(*[Attentive(sizes.width, sizes.heads) for _ in range(sizes.blocks)])
        self.norm, self.out = nn.LayerNorm(sizes.width), nn.Linear(sizes.width, sizes.words, bias=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.out(self.norm(self.blocks(self.words(ids) + self.places.weight)))


def compiled_epoch(model: nn.Module, make: Any, sizes: Any) -> Action:
    """One epoch of a compiled model in bfloat16, on the GPU if there is one; batches are copied on the way."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_float32_matmul_precision("high")
    x, y = map(torch.from_numpy, sizes.arrays())
    y = y.long()
    if images := x.ndim == 4:
        x = x.permute(0, 3, 1, 2)  # channels last, as they lie
    model = model.to(device, memory_format=torch.channels_last if images else torch.contiguous_format)
    optimizer = make(model.parameters())

    @torch.compile
    def judged(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        with torch.autocast(device.type, torch.bfloat16):
            outputs = model(x)
        return F.cross_entropy(outputs.flatten(0, -2).float(), y.flatten())

    def batch(at: torch.Tensor) -> list[torch.Tensor]:
        if device.type == "cpu":
            return [x[at], y[at]]
        return [a[at].pin_memory().to(device, non_blocking=True) for a in (x, y)]

    def action() -> None:
        model.train()
        total = torch.zeros((), device=device)
        for at in torch.randperm(len(x)).split(sizes.batch):
            optimizer.zero_grad()
            loss = judged(*batch(at))
            loss.backward()
            optimizer.step()
            total = total + loss.detach()
        total.item()

    action()
    return action


def resnet50() -> Action:
    return compiled_epoch(resnet50_model(), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9), data.RESNET50)


def gpt2() -> Action:
    return compiled_epoch(Generator(), lambda p: torch.optim.AdamW(p, 3e-4, weight_decay=0.1), data.GPT2)


def bulk_predict() -> Action:
    model, x = mlp_model().eval(), torch.from_numpy(data.digits(60_000, flat=True)[0])

    def action() -> None:
        with torch.no_grad():
            torch.cat([model(part) for part in x.split(128)]).softmax(-1).numpy()

    return action


def vgg16() -> Action:
    parts: list[nn.Module] = []
    inputs = 3
    for count, filters in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        for _ in range(count):
            parts += [nn.Conv2d(inputs, filters, 3, padding=1), nn.ReLU()]
            inputs = filters
        parts.append(nn.MaxPool2d(2))
    top = [nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)]
    model = nn.Sequential(*parts, *top).eval()
    x = torch.from_numpy(data.pictures(8, 224)[0]).permute(0, 3, 1, 2).contiguous()

    def action() -> None:
        with torch.no_grad():
            model(x).softmax(-1).numpy()

    return action


STEADY: dict[str, Callable[[], Action]] = {
    "logistic": logistic, "mlp": mlp, "convnet": convnet, "resnet20": resnet20, "lstm": lstm, "table": table,
    "transformer": transformer, "bulk_predict": bulk_predict, "vgg16": vgg16, "resnet50": resnet50, "gpt2": gpt2,
}  # fmt: skip
