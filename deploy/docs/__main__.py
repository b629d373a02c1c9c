"""``make docs``: write every generated page."""

from __future__ import annotations

from deploy.docs.pages import PROJECT, pages


def main() -> None:
    """Write what differs."""
    for path, text in pages().items():
        place = PROJECT / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists() or place.read_text() != text:
            place.write_text(text)
            print(f"written: {path}")


if __name__ == "__main__":
    main()
