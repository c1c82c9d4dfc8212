"""Learns to tell products apart, epoch by epoch: what recogniser and classifier have in common."""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader

from detector.train_recogniser.pictures import Pictures

BEST = "best.safetensors"
_CHECKPOINT = "checkpoint.pt"
_AVERAGE_DECAY = 0.98
_WARM_UP = 0.05
_GRADIENT_NORM = 5.0

Loss = Callable[[Tensor, Tensor], Tensor]
Teacher = Callable[[Tensor], Tensor]
"""Logits (N, products) of pictures (N, S, S, 3) uint8 BGR, by a larger network."""

_TAUGHT = 0.6
_SOFTENED = 3.0


class Optimiser(StrEnum):
    """What moves the weights."""

    ADAMW = "adamw"
    SGD = "sgd"


@dataclass(frozen=True, slots=True)
class FittingPlan:
    """How a run learns; with the pictures it decides the result."""

    epochs: int
    batch: int
    rate: float
    seed: int
    optimiser: Optimiser = Optimiser.ADAMW
    weight_decay: float = 0.02
    workers: int = 0
    patience: int = 0
    """Epochs without a better accuracy after which a run ends; 0: it never ends early."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch came to; the last two are of the averaged weights on the validation pictures."""

    loss: float
    accuracy: float
    validation_loss: float = 0.0


class Fitting:
    """One run in a folder. It goes on where an earlier process stopped, and comes to the same weights.

    ``network`` maps pictures (N, S, S, 3) uint8 BGR to logits (N, products). ``shares`` are parts of the network that
    learn at a share of the rate. With a ``teacher`` its answers are learned as well (``taught_loss``).
    """

    def __init__(
        self,
        network: nn.Module,
        loss: Loss,
        plan: FittingPlan,
        out: Path,
        *,
        shares: tuple[tuple[nn.Module, float], ...] = (),
        teacher: Teacher | None = None,
    ) -> None:
        self._teacher = teacher
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network = network.to(self._device).to(memory_format=torch.channels_last)
        self._average = AveragedModel(
            self._network,
            multi_avg_fn=_average,
            use_buffers=True,
        )
        self._loss = loss
        self._plan = plan
        self._out = out
        self._optimiser = _optimiser(_groups(network, shares), plan)
        self._low_precision = self._device.type == "cuda" or bool(
            torch.ops.mkldnn._is_mkldnn_bf16_supported()  # noqa: SLF001 - it has no other name
        )
        self.epochs: list[Epoch] = []
        out.mkdir(parents=True, exist_ok=True)
        self._resume()

    def run(self, learn: Pictures, validate: Pictures, console: Console) -> None:
        """Learn the epochs that are left; the best averaged weights so far are always in the folder."""
        while len(self.epochs) < self._plan.epochs and not self._tired():
            loss = self._learn(learn, console)
            logits, labels = self.logits(validate)
            accuracy = float((logits.argmax(1) == labels).mean())
            missed = float(functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels)))
            if accuracy >= max((epoch.accuracy for epoch in self.epochs), default=0.0):
                save_file(_packed(self._average.module), self._out / BEST)
            self.epochs.append(Epoch(loss, accuracy, missed))
            self._keep()
            console.print(
                f"epoch {len(self.epochs)}/{self._plan.epochs}: loss {loss:.3f}, accuracy {accuracy:.3f}",
                highlight=False,
            )

    def _tired(self) -> bool:
        """Whether the best accuracy is so many epochs old that no better one is to be expected."""
        accuracies = [epoch.accuracy for epoch in self.epochs]
        patience = self._plan.patience
        return (
            bool(patience) and len(accuracies) > patience and max(accuracies[-patience:]) <= max(accuracies[:-patience])
        )

    def take_best(self) -> None:
        """Put the best weights of the run into the network, for use on a CPU."""
        self._device = torch.device("cpu")
        self._network.to(self._device).load_state_dict(load_file(self._out / BEST))
        self._network.eval()
        self._average.to(self._device).module.load_state_dict(self._network.state_dict())

    @torch.inference_mode()
    def logits(self, pictures: Pictures) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
        """((N, products), (N,)) what the averaged network says of pictures, and what they are."""
        self._average.eval()
        said, are = [], []
        for shown, labels in DataLoader(pictures, self._plan.batch, num_workers=self._plan.workers):
            with self._autocast():
                logits = self._average(shown.to(self._device))
            said.append(logits.float().cpu().numpy())
            are.append(labels.numpy())
        return np.concatenate(said), np.concatenate(are)

    def _learn(self, pictures: Pictures, console: Console) -> float:
        pictures.epoch = len(self.epochs)
        losses: list[float] = []
        self._network.train()
        batches = math.ceil(len(pictures) / self._plan.batch)
        for place, (shown, labels) in enumerate(track(self._batches(pictures), "learning", batches, console=console)):
            self._pace((len(self.epochs) + place / batches) / self._plan.epochs)
            with self._autocast():
                logits = self._network(shown.to(self._device))
            loss = self._loss(logits.float(), labels.to(self._device))
            if self._teacher is not None:
                loss = (1 - _TAUGHT) * loss + _TAUGHT * taught_loss(logits.float(), self._teacher(shown))
            self._optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self._network.parameters(), _GRADIENT_NORM)
            self._optimiser.step()
            self._average.update_parameters(self._network)
            losses.append(float(loss.detach()))
        return float(np.mean(losses))

    def _batches(self, pictures: Pictures) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.Generator().manual_seed(self._plan.seed * 1000 + len(self.epochs))
        return iter(
            DataLoader(pictures, self._plan.batch, shuffle=True, generator=order, num_workers=self._plan.workers)
        )

    def _pace(self, progress: float) -> None:
        """A short rise, then a cosine to nearly nothing."""
        pace = min(1.0, progress / _WARM_UP + 0.02) * (0.505 + 0.495 * math.cos(math.pi * progress))
        for group in self._optimiser.param_groups:
            group["lr"] = self._plan.rate * group["share"] * pace

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self._device.type, torch.bfloat16, enabled=self._low_precision)

    def _keep(self) -> None:
        state = {
            "average": self._average.state_dict(),
            "network": self._network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "epochs": [asdict(epoch) for epoch in self.epochs],
        }
        new = self._out / f"{_CHECKPOINT}.new"
        torch.save(state, new)
        new.replace(self._out / _CHECKPOINT)

    def _resume(self) -> None:
        path = self._out / _CHECKPOINT
        if not path.exists():
            return
        state: dict[str, Any] = torch.load(path, map_location=self._device, weights_only=True)
        self._average.load_state_dict(state["average"])
        self._network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.epochs = [Epoch(**epoch) for epoch in state["epochs"]]


def _average(averages: tuple[Tensor, ...] | list[Tensor], now: tuple[Tensor, ...] | list[Tensor], taken: Any) -> None:  # noqa: ANN401 - torch says a tensor or a number
    """Move averages towards what is now: fast in the first steps, or a short run would end near where it began."""
    kept = min(_AVERAGE_DECAY, (1 + float(taken)) / (10 + float(taken)))
    for average, current in zip(averages, now, strict=True):
        if average.is_floating_point():
            average.lerp_(current.to(average), 1 - kept)
        else:
            average.copy_(current)


def taught_loss(logits: Tensor, taught: Tensor) -> Tensor:
    """How far logits are from a teacher's, both softened (Hinton et al., "Distilling the Knowledge", 1503.02531)."""
    own = functional.log_softmax(logits / _SOFTENED, 1)
    wanted = functional.softmax(taught.to(logits) / _SOFTENED, 1)
    return functional.kl_div(own, wanted, reduction="batchmean") * _SOFTENED**2


def _packed(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.contiguous() for name, value in network.state_dict().items()}


def _groups(network: nn.Module, shares: tuple[tuple[nn.Module, float], ...]) -> list[dict[str, Any]]:
    share_of = {id(each): share for part, share in shares for each in part.parameters()}
    groups: dict[float, list[nn.Parameter]] = {}
    for parameter in network.parameters():
        if parameter.requires_grad:
            groups.setdefault(share_of.get(id(parameter), 1.0), []).append(parameter)
    return [{"params": parameters, "share": share} for share, parameters in groups.items()]


def _optimiser(groups: list[dict[str, Any]], plan: FittingPlan) -> torch.optim.Optimizer:
    if plan.optimiser is Optimiser.SGD:
        return torch.optim.SGD(groups, lr=plan.rate, momentum=0.9, nesterov=True, weight_decay=plan.weight_decay)
    return torch.optim.AdamW(groups, lr=plan.rate, weight_decay=plan.weight_decay)
