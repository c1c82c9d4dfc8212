"""Checkpoints of a training run: everything it needs to go on after a stop at any moment."""

from pathlib import Path

import torch

from detector.train.trainer import Trainer

_NAME = "checkpoint.pt"


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
