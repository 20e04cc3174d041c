"""What a release needs beside the package: absolute links, and checks of what is built.

Run by `setup.py` and by `.ci/release`; it imports the standard library alone, and is in no wheel.
"""
