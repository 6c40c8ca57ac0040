"""``python -m fleet.sandbox``"""

import sys

from fleet.sandbox.cli import main

if __name__ == "__main__":
    sys.exit(main())
