"""Find in revision files, without a database, what would go wrong with them, or with others."""
