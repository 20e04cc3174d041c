"""What a command costs: this tool, stock Alembic, Django and plain SQL, side by side in one run."""
