"""The running average of the weights, which is what is shipped: it sees better than any one step's weights."""

import copy

import torch

from detector.model.shelfnet import ShelfNet

_DECAY = 0.998


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
