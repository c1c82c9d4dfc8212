"""One training run: the network, its average, its optimiser and one step of them, its pace and its checkpoints."""

import copy
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from detector.model.shelfnet import ShelfMaps, ShelfNet
from detector.train.batches import Batch
from detector.train.loss import Losses, losses_of, taught_loss

_DECAY = 0.998

_WARM_UP_STEPS = 60
_LAST_SHARE = 0.01
_FULL_RATE = 2.5e-3
_BACKBONE_SHARE = 0.2
_WEIGHT_DECAY = 0.02
_GRADIENT_NORM = 10.0
_TAUGHT = 0.5
_NAME = "checkpoint.pt"


class WeightAverage:
    """Follows a network; young averages forget faster, so that the random start is soon gone."""

    def __init__(self, network: ShelfNet) -> None:
        self.network = copy.deepcopy(network).eval()
        self._steps = 0

    @torch.no_grad()
    def follow(self, network: ShelfNet) -> None:
        """Take a step of the network in."""
        self._steps += 1
        decay = min(_DECAY, (1 + self._steps) / (10 + self._steps))
        for mine, theirs in zip(self.network.state_dict().values(), network.state_dict().values(), strict=True):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - decay)
            else:
                mine.copy_(theirs)

    def restart_at(self, steps: int) -> None:
        """Go on as after so many steps."""
        self._steps = steps


@dataclass(frozen=True, slots=True)
class Pace:
    """A cosine from the full rate to nearly nothing over ``steps``, hurried where ``minutes`` run out earlier."""

    steps: int
    minutes: float

    def progress(self, step: int, minutes: float) -> float:
        """How much of the training is done, 0…1."""
        return min(1.0, max(step / self.steps, minutes / self.minutes))

    def rate(self, step: int, minutes: float) -> float:
        """Share of the full learning rate at a step."""
        cosine = 0.5 * (1 + math.cos(math.pi * self.progress(step, minutes)))
        return min(1.0, (step + 1) / _WARM_UP_STEPS) * (cosine + _LAST_SHARE * (1 - cosine))


class Trainer:
    """Learns a batch at a time. bfloat16 where the CPU has it: elsewhere it is many times slower than float32.

    What a ``teacher`` sees in the same pictures is learned as well as their labels.
    """

    def __init__(self, network: ShelfNet, pace: Pace, teacher: ShelfNet | None = None) -> None:
        self._teacher = None if teacher is None else teacher.to(memory_format=torch.channels_last).eval()
        self.network = network.to(memory_format=torch.channels_last).train()
        self.average = WeightAverage(self.network)
        self.pace = pace
        self.step = 0
        self.minutes = 0.0
        self._optimiser = torch.optim.AdamW(_groups(network), lr=_FULL_RATE)
        self._low_precision = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - it has no other name

    @property
    def progress(self) -> float:
        """How much of the run is done, 0…1."""
        return self.pace.progress(self.step, self.minutes)

    def learn(self, batch: Batch) -> Losses:
        """One step."""
        began_s = time.monotonic()
        rate = _FULL_RATE * self.pace.rate(self.step, self.minutes)
        for group in self._optimiser.param_groups:
            group["lr"] = rate * group["share"]
        pictures, wanted = batch
        with torch.autocast("cpu", torch.bfloat16, enabled=self._low_precision):
            maps = self.network(pictures)
        losses = losses_of(maps, wanted)
        total = losses.total if self._teacher is None else self._taught(self._teacher, losses.total, maps, pictures)
        self._optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), _GRADIENT_NORM)
        self._optimiser.step()
        self.average.follow(self.network)
        self.step += 1
        self.minutes += (time.monotonic() - began_s) / 60
        return Losses(*(loss.detach() for loss in losses))

    def _taught(self, teacher: ShelfNet, labelled: Tensor, maps: ShelfMaps, pictures: Tensor) -> Tensor:
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=self._low_precision):
            taught = teacher(pictures)
        return (1 - _TAUGHT) * labelled + _TAUGHT * taught_loss(maps, taught)

    def state(self) -> dict[str, Any]:
        """Everything that a later process needs to go on."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "step": self.step,
            "minutes": self.minutes,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from an earlier ``state``."""
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.step, self.minutes = state["step"], state["minutes"]
        self.average.restart_at(self.step)


def _groups(network: ShelfNet) -> list[dict[str, Any]]:
    """What learns, by rate and by decay: the backbone slowly, and no decay for norms and biases."""
    groups: list[dict[str, Any]] = []
    backbone = {id(parameter) for parameter in network.backbone.parameters()}
    for in_backbone, share in ((True, _BACKBONE_SHARE), (False, 1.0)):
        learning = [
            parameter
            for parameter in network.parameters()
            if parameter.requires_grad and (id(parameter) in backbone) == in_backbone
        ]
        weights = [parameter for parameter in learning if parameter.ndim > 1]
        others = [parameter for parameter in learning if parameter.ndim <= 1]
        groups.append({"params": weights, "share": share, "weight_decay": _WEIGHT_DECAY})
        groups.append({"params": others, "share": share, "weight_decay": 0.0})
    return groups


def save_checkpoint(trainer: Trainer, folder: Path) -> None:
    """Write the run's state; the old checkpoint stays until the new one is whole."""
    new = folder / f"{_NAME}.new"
    torch.save(trainer.state(), new)
    new.replace(folder / _NAME)


def resume(trainer: Trainer, folder: Path) -> bool:
    """Take up the run that the folder holds, if it holds one. The file is read as plain tensors, never as code."""
    path = folder / _NAME
    if not path.exists():
        return False
    trainer.restore(torch.load(path, weights_only=True))
    return True
