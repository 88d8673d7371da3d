"""Makes the sample rooms importable by the console's tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
