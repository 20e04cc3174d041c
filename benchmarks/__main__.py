"""Run the benchmarks: ``python -m benchmarks``."""

from .run import main

if __name__ == "__main__":
    main()
