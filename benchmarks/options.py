"""The options of a benchmark: `--help` prints what stands above its code, and measures nothing."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter


def parser_of(text: str | None) -> ArgumentParser:
    """Return what reads the options of the script of which this is the docstring."""
    return ArgumentParser(description=text, formatter_class=RawDescriptionHelpFormatter)
