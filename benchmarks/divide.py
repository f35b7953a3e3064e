"""How long task wait_for_files takes to divide a large file into byte ranges, with and without quotes.

    python -m benchmarks.divide [--bytes 1000000000] [--quote-every 20]

Run from the project's root with the environment of the tests. Writes a file of that size with a quote character
every so many bytes into a temporary folder, and divides it three times each way: the best counts. The file is then
in the page cache; of one that is not, the disk sets the time. Prints cells for benchmarks/RESULTS.md.
"""

import argparse
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from sfetl_provider.core.stage.ranges import divide
from tests.core.fakes import feed, source_file

BLOCK_ROWS = 200_000


def write_file(path: Path, size_bytes: int, quote_every: int) -> None:
    """Write rows of two quoted fields, so of four quotes."""
    field = "x" * max(1, 4 * quote_every - len('"1234567",""|'))
    block = "".join(f'"{number:07}","{field}"\n' for number in range(BLOCK_ROWS)).encode()
    with path.open("wb") as file:
        while file.tell() < size_bytes:
            file.write(block)


def main() -> None:
    """Measure both formats."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.divide", description=__doc__)
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    parser.add_argument("--quote-every", type=int, default=20)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sales.csv"
        write_file(path, options.bytes, options.quote_every)
        source = source_file(path)
        for quote in ('"', None):
            config = feed(format={"quote": quote}, stage={"chunk_mib": 100, "range_mib": 250})
            seconds = []
            for _ in range(3):
                began = time.perf_counter()
                ranges = len(divide(source, config))
                seconds.append(time.perf_counter() - began)
            peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
            print(f"| {quote or 'none'} | {ranges} | {min(seconds):.4f} | {peak_mb:.0f} |")


if __name__ == "__main__":
    main()
