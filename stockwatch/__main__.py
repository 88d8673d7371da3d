"""`python -m stockwatch`: the same as the `stockwatch` command."""

import sys

from stockwatch.cli import main

sys.exit(main())
