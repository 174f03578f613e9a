"""`python -m tests.peers`: everything in this folder, with what pytest takes."""

import os
import sys

import pytest

os.environ["VOC_PEERS"] = "1"
sys.exit(pytest.main(["tests/peers", *sys.argv[1:]]))
