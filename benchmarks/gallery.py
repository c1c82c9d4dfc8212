"""``python -m benchmarks.gallery``: exact search among references, beside faiss's flat index in one run.

Both compare every query with every reference. Ours then takes the best reference of each product; to be fair, faiss is
asked for as many references as hold five products, and its answers are folded by product as well.
"""

import time
from collections.abc import Callable
from typing import Annotated

import faiss
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from detector.contract import CANDIDATES
from detector.gallery.gallery import unit
from detector.gallery.search import References

Vectors = NDArray[np.float32]


def main(
    references: Annotated[int, typer.Option(min=100, help="Reference pictures in the gallery")] = 100_000,
    queries: Annotated[int, typer.Option(min=1, help="Facings of one frame")] = 300,
    size: Annotated[int, typer.Option(min=8, help="Numbers of a look")] = 256,
    each: Annotated[int, typer.Option(min=1, help="Reference pictures of a product")] = 2,
    repeats: Annotated[int, typer.Option(min=3, help="The least of so many counts")] = 12,
) -> None:
    """Compare both, and tell whether they find the same."""
    rng = np.random.default_rng(1)
    vectors = unit(rng.normal(size=(references, size)).astype(np.float32))
    product_of = np.arange(references) // each
    asked = unit(
        vectors[rng.integers(0, references, queries)] + rng.normal(0, 0.04, (queries, size)).astype(np.float32)
    )
    ours = References(vectors, product_of)
    index = faiss.IndexFlatIP(size)
    index.add(vectors)
    found, likeness = ours.top(asked, CANDIDATES)

    def ask_faiss() -> tuple[NDArray[np.intp], Vectors]:
        scores, rows = index.search(asked, CANDIDATES * each)
        return _folded(scores, rows, each)

    theirs, scores = ask_faiss()
    cases: dict[str, Callable[[], object]] = {
        "ours": lambda: ours.top(asked, CANDIDATES),
        "faiss IndexFlatIP": ask_faiss,
    }
    least = dict.fromkeys(cases, float("inf"))
    for _ in range(repeats):
        for name, work in cases.items():
            began_s = time.perf_counter()
            work()
            least[name] = min(least[name], time.perf_counter() - began_s)
    table = Table("search", "ms", "of faiss", title=f"{queries} queries × {references} references × {size}")
    for name, seconds in least.items():
        table.add_row(name, f"{seconds * 1000:.0f}", f"{seconds / least['faiss IndexFlatIP']:.2f}×")
    console = Console()
    console.print(table)
    same = float((found == theirs).mean())
    apart = float(np.abs(likeness - scores)[found == theirs].max())
    console.print(f"the same products in the same order: {same:.4f}; likeness apart by at most {apart:.1e}")


def _folded(scores: Vectors, rows: NDArray[np.int64], each: int) -> tuple[NDArray[np.intp], Vectors]:
    """The five best products of each query, from its best references."""
    products = np.asarray(rows // each, np.intp)
    kept = np.empty((len(rows), CANDIDATES), np.intp)
    likeness = np.empty((len(rows), CANDIDATES), np.float32)
    for row, (names, values) in enumerate(zip(products, scores, strict=True)):
        _, first = np.unique(names, return_index=True)
        places = np.sort(first)[:CANDIDATES]
        kept[row], likeness[row] = names[places], values[places]
    return kept, likeness


if __name__ == "__main__":
    typer.run(main)
