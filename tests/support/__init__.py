"""What the tests with a database are made of."""
