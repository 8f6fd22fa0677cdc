"""Broken texts, command lines and results folders, at random.

``text`` spoils the bytes of a file that people write, ``words`` a command line, and
``spoil_folder`` spoils files of a results folder.
"""

import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

STRANGE = (
    "no", "on", "1e3", "0x10", "1_000", "2025-13-45", "2025-01-02", "12:30:45", "~", "null",
    ".nan", ".inf", "9" * 400, "-0", "08", "=", "<<", "'", '"', "|", ">", "%", "@", "`", "?",
    "- -", "{word}", "{0}", "{{x}}", "{a.b}", "\\ud800", '"\\ud800"', '"\\0"', "\x00", "\ufeff",
    "\u202egrid", "аgent", "a" * 300, "a/b", "../../x", "a\\nb", '"a\\nb"', "\t", "\r\n", "é",
    "\x85", "\u2028", "\x1b[31m", "&a [*a]", "*a", "&a", "!!python/object/apply:os.system [id]",
    "!!binary x", "!!set {a}", "!!timestamp x", "!!int x", "!!float x", "[" * 40, "[" * 1500,
    "{" * 1500, "- " * 800, "? a", "{a: 1, a: 2}", "&x {k: *x}", "<<: 3", "<<: [1]", "<<: *y",
    "--- 1", "...", "%YAML 9.9", "#", "$(id)", "; DROP TABLE x", "%s%n", "<b>", "~nobody/x",
    "/dev/zero", "/dev/stdin", "/", ".", "..", "", " ", "-1", "1.5", "1e999", "-", "--", "-x",
    "--results", "--help", "=cmd()", "nan", "٣", "１",
)  # fmt: skip
"""Words that mean something else somewhere, or nothing anywhere."""
BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
"""Lists of lists: 9 to the power of 11 values in a few lines."""


def text(good: str, luck: Random, most: int = 3) -> bytes:
    """Return a good file's text with one to ``most`` spoilt places, in some encoding."""
    lines = good.split("\n")
    for _ in range(luck.randint(1, most)):
        at = luck.randrange(len(lines))
        match luck.choice(("word", "word", "line", "double", "drop", "swap", "indent", "bomb")):
            case "word":
                cut = luck.randint(0, len(lines[at]))
                rest = lines[at][cut:] if luck.random() < 0.5 else ""
                lines[at] = lines[at][:cut] + luck.choice(STRANGE) + rest
            case "line":
                lines.insert(at, luck.choice(STRANGE) + luck.choice((": 1", "", ":", ": {}")))
            case "double":
                lines.insert(luck.randrange(len(lines)), lines[at])
            case "drop" if len(lines) > 1:
                del lines[at]
            case "swap":
                other = luck.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case "indent":
                lines[at] = luck.choice(("  ", "\t", " ")) + lines[at]
            case "bomb" if luck.random() < 0.1:
                lines = [BOMB, *lines]
    return encoded("\n".join(lines), luck)


def encoded(content: str, luck: Random) -> bytes:
    """Return a text's bytes: mostly UTF-8, sometimes another encoding or damaged."""
    plain = content.encode("utf-8", "surrogatepass")
    match luck.randrange(14):
        case 0:
            return content.encode("utf-16", "surrogatepass")
        case 1:
            return content.encode("latin-1", "replace") + b"\n# \xe9"
        case 2:
            return b"\xef\xbb\xbf" + plain
        case 3:
            return plain[: luck.randint(0, len(plain))]
        case 4:
            at = luck.randrange(len(plain) + 1)
            return plain[:at] + luck.randbytes(luck.randint(1, 8)) + plain[at:]
        case 5:
            return content.replace("\n", "\r\n").encode("utf-8", "surrogatepass")
    return plain


LINES = (
    "leaderboard results", "export traces out.csv --results results --game kuhn_poker",
    "export chat out.jsonl --agent random --optimal", "export inspect logs --outcome win",
    "replay kuhn_poker:optimal--random:0:0 --page out.html", "merge other --into results",
    "journal list results", "journal prune results --configfile grid.yaml", "rate matches.csv",
    "prompt kuhn_poker --agent random --configfile grid.yaml --deal 1",
    "human kuhn_poker --against random --configfile grid.yaml --seat 1 --deal 0", "solve nowhere",
    "init study --api-base http://127.0.0.1:1/v1 --model m", "init study --smollm2",
    "init study --model litellm_groq/m", "run grid.yaml --cores 2 -- --dry-run",
    "check grid.yaml --try-models", "estimate grid.yaml -- --quiet", "status grid.yaml",
    "fetch-model smollm2 --into model",
)  # fmt: skip
"""A good line of each command that writes nothing into the workflow's own folder."""
WORDS = tuple(dict.fromkeys(word for line in LINES for word in line.split()))
FILES = ("broken.yaml", "pipe", "no/such/folder/x", "matches.csv/x", "results/gamegrid.duckdb")
"""Paths that are not what a command wants."""


def words(luck: Random) -> list[str]:
    """Return a command line of ``gamegrid`` with spoilt words: a good one, or one at random."""
    line = luck.choice(LINES).split()
    if luck.random() < 0.3:
        line = [line[0], *(luck.choice(WORDS) for _ in range(luck.randint(0, 6)))]
    for _ in range(luck.randint(1, 3)):
        at = luck.randrange(1, len(line) + 1)
        match luck.choice(("word", "word", "file", "drop", "double", "cut")):
            case "word":
                line[at : at + luck.randint(0, 1)] = [luck.choice(STRANGE)]
            case "file":
                line[at : at + 1] = [luck.choice(FILES)]
            case "drop":
                del line[at : at + 1]
            case "double":
                line[at:at] = line[at - 1 : at + 1]
            case "cut":
                line[at - 1] = line[at - 1][: luck.randint(0, len(line[at - 1]))]
    line = [word for word in line if "\x00" not in word]  # which no command line can hold
    if line[:1] == ["solve"]:  # it writes where a game fits
        return [line[0], *(word for word in line if word not in WORDS)]
    if line[:1] == ["rate"]:  # it reads what another program writes into a pipe
        return [word for word in line if word != "pipe"]
    return line


Spoil = Callable[[Path, bytes, Random], object]


def spoil_folder(results: Path, luck: Random, most: int = 2) -> list[str]:
    """Spoil one to ``most`` places of a results folder; return what was done."""
    done = []
    for _ in range(luck.randint(1, most)):
        files = sorted(path for path in results.rglob("*") if path.is_file())
        if not files:
            break
        path, how = luck.choice(files), luck.choice(list(SPOILS))
        done.append(f"{how} {path.relative_to(results)}")
        content = b"" if path.is_symlink() else path.read_bytes()
        SPOILS[how](path, content, luck)
    return done


def damage(path: Path, content: bytes, luck: Random) -> None:
    """Overwrite some bytes."""
    at = luck.randrange(len(content) + 1)
    path.write_bytes(content[:at] + luck.randbytes(luck.randint(1, 40)) + content[at + 9 :])


def become_folder(path: Path, content: bytes, luck: Random) -> None:
    """Put a folder in the place of a file."""
    path.unlink()
    path.mkdir()


def become_pipe(path: Path, content: bytes, luck: Random) -> None:
    """Put a pipe in the place of a file."""
    path.unlink()
    os.mkfifo(path)


def become_link(path: Path, content: bytes, luck: Random) -> None:
    """Put a link in the place of a file."""
    path.unlink()
    path.symlink_to(luck.choice(("nowhere", str(path), "/proc/self/status")))


def rename(path: Path, content: bytes, luck: Random) -> None:
    """Give a file a strange name."""
    name = luck.choice(STRANGE).replace("/", "_").replace("\x00", "")[:80]
    if name not in ("", ".", ".."):
        path.rename(path.with_name(name + luck.choice((path.suffix, ""))))


def stray(path: Path, content: bytes, luck: Random) -> None:
    """Put a foreign file beside a file."""
    names = ("x", ".DS_Store", "x.parquet", "x.jsonl", "x.jsonl.gz", "x.json", "ö")
    beside = path.with_name(luck.choice(names))
    beside.write_bytes(luck.choice((b"", b"{}\n", b"PAR1", luck.randbytes(60))))


def compress(path: Path, content: bytes, luck: Random) -> None:
    """Put a compressed form beside a file, whole or damaged."""
    packed = gzip.compress(content)
    path.with_name(f"{path.name}.gz").write_bytes(
        luck.choice((packed, packed[:-4], content, packed + b"x"))
    )


def become_json(path: Path, content: bytes, luck: Random) -> None:
    """Replace a file's content with JSON of another shape."""
    odd = ("[]", "3", "null", '"x"', "{}", "[" * 5000, '{"form": 1}', "NaN", '{"a": 1e999}')
    path.write_text(luck.choice(odd) + "\n")


def replace_folder(path: Path, content: bytes, luck: Random) -> None:
    """Put a file in the place of a file's folder."""
    shutil.rmtree(path.parent)
    path.parent.write_text("x")


SPOILS: dict[str, Spoil] = {
    "damage": damage,
    "cut": lambda path, content, luck: path.write_bytes(content[: luck.randint(0, len(content))]),
    "empty": lambda path, content, luck: path.write_bytes(b""),
    "text": lambda path, content, luck: path.write_bytes(
        text(content[:200_000].decode("utf-8", "replace"), luck)
    ),
    "remove": lambda path, content, luck: path.unlink(),
    "folder": become_folder,
    "pipe": become_pipe,
    "link": become_link,
    "rename": rename,
    "stray": stray,
    "compress": compress,
    "json": become_json,
    "file for folder": replace_folder,
}
