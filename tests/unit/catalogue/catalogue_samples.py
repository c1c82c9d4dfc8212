"""A small good store as a folder, as entities, and pictures."""

from pathlib import Path

import cv2
import numpy as np

STORE = """\
id: main-street
name: Main Street
time_zone: Europe/Berlin
hours:
  mon-fri: 08:00-12:30, 14:00-20:00
  sat: 08:00-18:00
"""
BAYS = """\
- id: dairy-1
  name: Milk
  width_mm: 1250
  height_mm: 2000
  shelves:
    - {id: s1, y_mm: 150, clearance_mm: 350}
    - {id: s2, y_mm: 550, clearance_mm: 300}
"""
SLOTS = """\
id,bay,shelf,gtin,x_min_mm,x_max_mm,facings_wide,facings_high,presentation_min
a1,dairy-1,s1,4006381333931,0,210,3,1,2
a2,dairy-1,s1,4012345678901,210,480,3,2,3
"""
PRODUCTS = """\
gtin,name,price,pictures
4006381333931,Whole milk,1.29,milk.jpg
4012345678901,Butter,2.19,butter.png
"""
CAMERAS = """\
- id: dairy-left
  url: rtsp://${USER_1}:${PASSWORD_1}@10.0.0.5/stream1
  calibrations:
    - bay: dairy-1
      points:
        - 100, 100 -> 0, 1800
        - 1100, 100 -> 1250, 1800
        - 1100, 900 -> 1250, 0
        - 100, 900 -> 0, 0
        - 600, 500 -> 625, 900
"""
FILES = {
    "store.yaml": STORE,
    "bays.yaml": BAYS,
    "slots.csv": SLOTS,
    "products.csv": PRODUCTS,
    "cameras.yaml": CAMERAS,
}


def picture(suffix: str = "jpg", size_wh: tuple[int, int] = (40, 60)) -> bytes:
    """A real picture of one colour."""
    image = np.full((size_wh[1], size_wh[0], 3), 90, dtype=np.uint8)
    return cv2.imencode(f".{suffix}", image)[1].tobytes()


def write_sample(folder: Path, **edits: str | bytes) -> Path:
    """The good folder, with the texts of some files (``slots_csv=…``) written over."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    (folder / "pictures" / "milk.jpg").write_bytes(picture("jpg"))
    (folder / "pictures" / "butter.png").write_bytes(picture("png"))
    for name, text in FILES.items():
        edited = edits.get(name.replace(".", "_"), text)
        (folder / name).write_bytes(edited.encode() if isinstance(edited, str) else edited)
    return folder
