"""Send files of SQL to the database that libpq's variables name: one transaction a file.

It is the script of the contender "plain": what the same statements cost without any bookkeeping.
"""

import sys
from pathlib import Path

import psycopg


def main() -> None:
    """Send the files that are the arguments."""
    with psycopg.connect() as connection:
        for file in sys.argv[1:]:
            connection.execute(Path(file).read_bytes())
            connection.commit()


if __name__ == "__main__":
    main()
