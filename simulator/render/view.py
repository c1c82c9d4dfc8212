"""Where a camera stands before a fixture, and how points of the fixture's front fall into its picture.

Coordinates: x right and y up in the front plane (mm), z into the shelf. The camera stands at negative z.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """A pinhole camera: at ``eye_mm`` (x, y, distance from the front plane), looking at a point of the front plane.

    ``axis``, where given, is the direction (x, y, z) it looks in instead: along an aisle it never meets the front.
    """

    eye_mm: tuple[float, float, float]
    look_mm: tuple[float, float]
    focal_px: float
    size_wh: tuple[int, int]
    roll_deg: float = 0.0
    axis: tuple[float, float, float] | None = None

    def image_from_front(self) -> Matrix:
        """The 3×3 map from the front plane (mm, y up) to picture pixels (y down)."""
        eye = np.array([self.eye_mm[0], self.eye_mm[1], -self.eye_mm[2]])
        rotation = self.axes()
        width, height = self.size_wh
        lens = np.array([[self.focal_px, 0, width / 2], [0, self.focal_px, height / 2], [0, 0, 1]])
        front = np.column_stack([rotation[:, 0], rotation[:, 1], -rotation @ eye])
        return np.asarray(lens @ front, np.float64)

    def axes(self) -> Matrix:
        """Rows: the picture's right, down and forward axes in fixture coordinates."""
        eye = np.array([self.eye_mm[0], self.eye_mm[1], -self.eye_mm[2]])
        forward = np.array([self.look_mm[0], self.look_mm[1], 0.0]) - eye if self.axis is None else np.array(self.axis)
        forward = forward / np.linalg.norm(forward)
        # y is up and z goes away from the camera: a left-handed frame, so "right" is up × forward.
        right = np.cross(np.array([0.0, 1.0, 0.0]), forward)
        right /= np.linalg.norm(right)
        down = -np.cross(forward, right)
        turn = np.deg2rad(self.roll_deg)
        turned_right = np.cos(turn) * right + np.sin(turn) * down
        return np.stack([turned_right, np.cos(turn) * down - np.sin(turn) * right, forward])

    def project(self, points_mm: Matrix) -> Matrix:
        """Where points (N, 3) of the shop fall: (N, 3) picture x and y (px) and how far ahead of the camera (mm)."""
        eye = np.array([self.eye_mm[0], self.eye_mm[1], -self.eye_mm[2]])
        ahead = (points_mm - eye) @ self.axes().T
        middle = np.array(self.size_wh) / 2
        pixels = ahead[:, :2] / np.maximum(ahead[:, 2:], 1.0) * self.focal_px + middle
        return np.column_stack([pixels, ahead[:, 2]])

    def seen_box_mm(self) -> tuple[float, float, float, float]:
        """The part of the front plane in the picture: x0, y0, x1, y1 (mm); capped towards the horizon."""
        back = np.linalg.inv(self.image_from_front())
        width, height = self.size_wh
        steps = np.linspace(0, 1, 9)
        edge = [(x * width, y * height) for x in steps for y in steps]
        points = np.array([(*point, 1.0) for point in edge]) @ back.T
        ahead = points[:, 2] / points[:, 2][np.argmax(np.abs(points[:, 2]))] > 0.05
        plane = points[ahead, :2] / points[ahead, 2:]
        reach = 3.0 * self.eye_mm[2] + 1500.0
        low = np.maximum(plane.min(0), np.array(self.look_mm) - reach)
        high = np.minimum(plane.max(0), np.array(self.look_mm) + reach)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def px_per_mm(self) -> float:
        """Picture pixels per millimetre at the point looked at."""
        away = np.linalg.norm(
            np.array([self.look_mm[0] - self.eye_mm[0], self.look_mm[1] - self.eye_mm[1], self.eye_mm[2]])
        )
        return float(self.focal_px / away)
