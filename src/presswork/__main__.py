"""`python -m presswork`."""

from __future__ import annotations

import sys

from presswork.cli import main

sys.exit(main())
