"""The `haoping` command, and the stack that it runs on one machine."""

import warnings

warnings.filterwarnings("ignore", "\\s*Eventlet is deprecated")
warnings.filterwarnings("ignore", "pkg_resources is deprecated")
