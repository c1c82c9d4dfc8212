"""A print in the making."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.simulator.colours import Colour, Palette
from ingest.simulator.dice import Dice

Image = NDArray[np.uint8]


@dataclass
class Sheet:
    """A print in the making. ``brand`` and ``variant`` are streams of chance."""

    image: Image
    palette: Palette
    brand: Dice
    variant: Dice
    name: str = ""
    """The brand's name as printed; left out: an invented one."""
    title: str = ""
    """What the product is called; left out: invented."""

    @property
    def width(self) -> int:
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        return int(self.image.shape[0])

    def ground_at(self, x: float, y: float) -> Colour:
        """The colour under a spot, averaged over its surroundings."""
        reach = max(2, min(self.width, self.height) // 12)
        column, row = int(np.clip(x, 0, self.width - 1)), int(np.clip(y, 0, self.height - 1))
        part = self.image[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
        blue, green, red = part.reshape(-1, 3).mean(0)
        return int(blue), int(green), int(red)
