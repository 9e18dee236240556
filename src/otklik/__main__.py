"""``python -m otklik`` is the command ``otklik``."""

import sys

from otklik.ops.cli import main

sys.exit(main())
