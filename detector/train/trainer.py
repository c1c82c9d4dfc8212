"""One training run: the network, its average, its optimiser, and one step of them."""

import time
from typing import Any

import torch
from torch import nn

from detector.model.shelfnet import ShelfNet
from detector.train.average import WeightAverage
from detector.train.loss import Losses, losses_of
from detector.train.pace import Pace
from detector.train.scenes import Batch

_FULL_RATE = 2.5e-3
_BACKBONE_SHARE = 0.2
_WEIGHT_DECAY = 0.02
_GRADIENT_NORM = 10.0


class Trainer:
    """Learns a batch at a time. bfloat16 where the CPU has it: elsewhere it is many times slower than float32."""

    def __init__(self, network: ShelfNet, pace: Pace) -> None:
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
        self._optimiser.zero_grad(set_to_none=True)
        losses.total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), _GRADIENT_NORM)
        self._optimiser.step()
        self.average.follow(self.network)
        self.step += 1
        self.minutes += (time.monotonic() - began_s) / 60
        return Losses(*(loss.detach() for loss in losses))

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
