"""``python -m bas_service`` is the command ``bas``."""

from bas_service.cli import main

main()
