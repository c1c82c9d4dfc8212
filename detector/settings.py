"""What an operator may set about the detector."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from detector.backends.base import BackendName, Precision
from shelfstream.settings.base import Settings

_MIB = 1024 * 1024


class DetectorSettings(Settings):
    """The detector's settings. The defaults run the shipped model on two CPU cores."""

    manifest: Annotated[
        Path | None, Field(description="manifest of other weights; default: those that are shipped")
    ] = None
    models: Annotated[
        Path | None,
        Field(description="folder of models that `shelfstream teach` keeps: what is accepted there runs, no restart"),
    ] = None
    candidate_every: Annotated[
        int, Field(ge=1, description="of so many frames one is shown to the model that is on trial, if there is one")
    ] = 20
    namer: Annotated[
        Path | None, Field(description="manifest of other weights that name products; default: those that are shipped")
    ] = None
    classifier: Annotated[
        Path | None,
        Field(description="manifest of a classifier of the store's products, named by GTIN, for a second opinion"),
    ] = None
    remember: Annotated[
        bool,
        Field(description="what did not change since the camera's last frame is not looked at again; false: all is"),
    ] = True
    print_budget_s: Annotated[
        float,
        Field(
            ge=0, description="comparing prints holds up a frame for so long at most; the next frame goes on with it"
        ),
    ] = 1.0
    backend: Annotated[
        BackendName,
        Field(description="onnx (CPU), openvino (CPU, faster on new ones) or torch (GPU, or a machine that trains)"),
    ] = BackendName.ONNX
    precision: Annotated[
        Precision,
        Field(description="f32, or bf16: faster with openvino on CPUs that have it or torch on a GPU; less exact"),
    ] = Precision.F32
    threads: Annotated[
        int, Field(ge=0, le=256, description="threads of the network; 0: as many as there are cores")
    ] = 2
    work_pixels: Annotated[
        int | None,
        Field(ge=1024, description="larger pictures are scaled down to so many; default: as the model was made for"),
    ] = None
    most_work_pixels: Annotated[
        int,
        Field(ge=1024, description="frames with small packs are looked at larger, up to so many pixels; time grows so"),
    ] = 3_686_400
    min_score: Annotated[float, Field(gt=0, lt=1, description="less likely boxes are not told")] = 0.25
    max_iou: Annotated[float, Field(gt=0, lt=1, description="of two boxes that overlap more, the lesser goes")] = 0.5
    max_boxes: Annotated[int, Field(ge=1, le=2000, description="at most so many boxes per frame")] = 1500
    jpeg_max_bytes: Annotated[int, Field(ge=1024, description="larger frames go to the dead letters")] = 4 * _MIB
    jpeg_max_pixels: Annotated[int, Field(ge=4096, description="frames with more go to the dead letters")] = 40_000_000
    batch_max_frames: Annotated[int, Field(ge=1, le=256, description="frames in hand at once; newest per camera")] = 8
    skip_older_than_s: Annotated[
        float, Field(gt=0, description="far behind, frames older than this are skipped without being read")
    ] = 10.0
    catalogue_every_s: Annotated[float, Field(gt=0, description="how often new products are looked for")] = 2.0
    gallery_budget_s: Annotated[
        float, Field(gt=0, description="embedding new reference pictures holds up frames for so long at a time")
    ] = 1.5
    gallery_cache: Annotated[
        Path | None, Field(description="folder that keeps embedded reference pictures over restarts; default: none")
    ] = None
