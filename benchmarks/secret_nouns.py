"""The word for a password in the languages of well-kept catalogues of translations, as data of the rules.

    python benchmarks/secret_nouns.py [--write] DIRECTORY...

DIRECTORY holds compiled catalogues, `LANGUAGE/LC_MESSAGES/NAME.mo`, at any depth: an unpacked wheel of Django (BSD
licence) and of django-allauth (MIT), `/usr/share/locale` with those of GTK, Linux-PAM, shadow and GnuPG. Words are
facts; each file says from which catalogues its words are. Prints what the rules do not know; with `--write`, writes
`redaction/data/languages/LANGUAGE.toml` where a person has written none for the language.
"""

import argparse
import gettext
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from pytest_codex_replay.redaction.formats import words

LABEL = re.compile(r"_?(?:password|passphrase|enter passphrase)[: \n]*", re.IGNORECASE)
"""What the messages are called in English."""
OF_A_PERSON = {
    *("ar", "fa", "cs", "sk", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "ms", "it", "ja", "ko", "nl"),
    *("pl", "pt", "ro", "ru", "sv", "nb", "nn", "da", "th", "tr", "uk", "vi", "zh"),
}
"""Languages whose files people write."""
LEAST_CHARS, LEAST_STEM_CHARS, LEAST_DENSE_CHARS = 5, 6, 2
DENSE = re.compile("[\u0900-\u0dff\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts in which a few characters are a word."""
ENGLISH = ("password", "passphrase")
FOLDER = Path(str(files("pytest_codex_replay.redaction"))) / "data" / "languages"
NO_LETTERS = re.compile("\\(_?\\w\\)|[_:.\uff1a\u17d6\u2024\xa0\u200b-\u200d\\n]")
VOWELS = "aeiouy\u0430\u0435\u0438\u043e\u0443\u044b\u044c\u044f\u044e\u03b1\u03b5\u03b7\u03b9\u03bf\u03c9"
"""Of the Latin, Cyrillic and Greek scripts."""
MADE = "# Made by `benchmarks/secret_nouns.py`."


def messages(directory: Path) -> Iterator[tuple[str, str, str, str]]:
    """Yield language, catalogue, message in English, and its translation."""
    for path in sorted(directory.rglob("*.mo")):
        with path.open("rb") as file:
            # All pairs of a catalogue; gettext has a public way only to ask for one message that is known.
            catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]  # noqa: SLF001  see above
        of = next((part for part in path.parts if part in {"auth", "admin", "allauth", "two_factor"}), path.stem)
        for message, translation in catalogue.items():
            if isinstance(message, str) and isinstance(translation, str) and translation:
                yield re.split("[_@-]", path.parts[-3])[0], of, message.strip(), translation


def noun_of(translation: str) -> str:
    """Return the noun of a label: without mnemonics, and without the vowel that its cases change."""
    text = NO_LETTERS.sub("", unicodedata.normalize("NFC", translation)).strip(" -").lower()
    is_inflected = len(text) > LEAST_STEM_CHARS and unicodedata.normalize("NFD", text[-1])[0] in VOWELS
    return text[:-1] if is_inflected and " " not in text else text


def is_usable(noun: str) -> bool:
    """Return whether a noun is long enough to tell something, and of no more than three words."""
    is_long = len(noun) >= (LEAST_DENSE_CHARS if DENSE.search(noun) else LEAST_CHARS)
    return is_long and len(noun.split()) <= 3 and re.fullmatch(r"[^\d()\[\]{}<>%/,]+", noun) is not None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", type=Path, nargs="+")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    found: dict[str, dict[str, None]] = defaultdict(dict)
    sources: dict[str, set[str]] = defaultdict(set)
    for directory in arguments.directories:
        for language, of, message, translation in messages(directory):
            if LABEL.fullmatch(message) and is_usable(noun := noun_of(translation)):
                found[language][noun] = None
                sources[language].add(of)
    for language, nouns in sorted(found.items()):
        path = FOLDER / f"{language}.toml"
        is_of_a_person = path.is_file() and not path.read_text("utf-8").startswith(MADE)
        known = () if path.is_file() and not is_of_a_person else (*words("password"), *words("short"), *words("noun"))
        new = [noun for noun in sorted(nouns) if not any(one in noun for one in (*ENGLISH, *known))]
        if new:
            source = ", ".join(sorted(sources[language]))
            shown = f"{MADE} Source: {source}.\n\npassword = {json.dumps(new, ensure_ascii=False)}\n"
            print(f"[{language}]\n{shown}")
            if arguments.write and not (is_of_a_person or language in OF_A_PERSON):
                path.write_text(shown, "utf-8")


if __name__ == "__main__":
    main()
