"""`python -m workflow.language` writes the JSON Schema of the definition language to standard output."""

import sys

from .schema import json_schema_text

sys.stdout.write(json_schema_text())
