"""``shelfstream recognise``: which product a picture shows, by reference pictures of each."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from detector.recognise.labelled import SUFFIXES, LabelledPicture, examples_in
from detector.recognise.recogniser import SHIPPED_RECOGNISER, Recogniser, Recognition, open_recogniser
from shelfstream.errors import Fault, Faults

app = typer.Typer()


@app.command("recognise")
def recognise(
    sources: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Pictures of single products, or folders.")],
    gallery: Annotated[Path, typer.Option(help="Folder with a folder per product, its reference pictures inside.")],
    *,
    json_path: Annotated[Path | None, typer.Option("--json", help="File for the list of answers.")] = None,
    model: Annotated[Path, typer.Option(help="The recogniser's manifest.")] = SHIPPED_RECOGNISER,
    threads: Annotated[int, typer.Option(min=0, help="Threads of the network; 0 lets the runtime choose.")] = 0,
) -> None:
    """Say which product each picture shows: five candidates with chances, best first, or that it is none of them.

    The file of `--json` holds `file_name` as found below the folder that was named, `products` as `product` and
    `score`, and `unknown`.
    """
    console, errors = Console(highlight=False), Console(stderr=True, highlight=False)
    pictures = [found for source in sources for found in _pictures(source)]
    if json_path is not None and not json_path.absolute().parent.is_dir():
        raise Faults("recognise", [Fault(str(json_path), "the folder for it is not there")])
    recogniser = open_recogniser(model, threads=threads)
    answers = _answers(recogniser, examples_in(gallery), pictures, errors)
    for (_, name), answer in zip(pictures, answers, strict=True):
        console.print(f"{name}: {_line_of(answer)}", markup=False, soft_wrap=True)
    if json_path is not None:
        records = [_record(name, answer) for (_, name), answer in zip(pictures, answers, strict=True)]
        json_path.write_text(json.dumps(records))


def _pictures(source: Path) -> list[tuple[Path, str]]:
    if source.is_dir():
        found = sorted(path for path in source.rglob("*") if path.suffix.lower() in SUFFIXES)
        if not found:
            raise Faults("recognise", [Fault(str(source), "holds no JPEG or PNG pictures")])
        return [(path, path.relative_to(source).as_posix()) for path in found]
    if not source.is_file():
        raise Faults("recognise", [Fault(str(source), "is not there")])
    return [(source, source.name)]


def _answers(
    recogniser: Recogniser, references: list[LabelledPicture], pictures: list[tuple[Path, str]], progress: Console
) -> list[Recognition]:
    shown = ((each.product, each.picture()) for each in track(references, "enrolling", console=progress))
    gallery = recogniser.gallery_of(recogniser.enrol(shown))
    looked = (LabelledPicture("", path).picture() for path, _ in track(pictures, "looking", console=progress))
    return recogniser.recognise(looked, gallery)


def _line_of(answer: Recognition) -> str:
    product, chance = answer.products[0]
    return f"unknown (perhaps {product}, {chance:.2f})" if answer.unknown else f"{product} ({chance:.2f})"


def _record(name: str, answer: Recognition) -> dict[str, Any]:
    products = [{"product": product, "score": round(chance, 4)} for product, chance in answer.products]
    return {"file_name": name, "products": products, "unknown": answer.unknown}
