"""`python -m local.demo`: see local/demo/show.py."""

import sys

from local.demo.show import main

if __name__ == "__main__":
    sys.exit(main())
