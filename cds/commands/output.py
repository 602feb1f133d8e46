"""How every command speaks: exit codes, one JSON envelope, tables, colour, progress (docs/commands.md).

A command works out what it found and hands it over once: lines for people, a result for programs, and the status that
it ends with. Results go to stdout; progress, notes and refusals to stderr. Colours and bars only on a terminal, and no
colours under ``NO_COLOR``. What comes from files and records is printed without what a terminal would act on.
"""

import atexit
import errno
import gc
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import click

from cds.documents.problem import Problem
from cds.logs import on_standard_error

#: As hoped · something was found: a problem, a difference, nothing of that name · the command could not be done as
#: asked: usage, settings, an unreadable input · a fault of this program · stopped by Ctrl-C.
OK, FOUND, UNUSABLE, FAULT, STOPPED = 0, 1, 2, 3, 130

#: The number of the envelope's shape: it changes only when a key changes its meaning or goes.
ENVELOPE = 1
_WANTS_JSON, _COMMAND = "cds.json", "cds.command"
_COLOURS = {"error": "red", "warning": "yellow", "advice": "cyan", "good": "green"}
#: What the system says of files and folders that cannot be used. No fault of ours: whoever called can mend it.
_OF_PLACES = frozenset(
    getattr(errno, name)
    for name in (
        *("EACCES", "EPERM", "ENOENT", "ENOTDIR", "EISDIR", "EEXIST", "ENOTEMPTY", "EIO", "EROFS", "ENOSPC", "EDQUOT"),
        *("EFBIG", "ELOOP", "ENAMETOOLONG", "ENXIO", "EBUSY", "ESTALE", "EMFILE", "ENFILE", "EXDEV", "ETXTBSY"),
    )
)
#: Seconds before a bar appears: short work shows none.
_BAR_AFTER = 0.5


class OwnFault(click.ClickException):
    """A fault of this program: said in one line, never as a traceback that nobody asked for."""

    exit_code = FAULT


class CannotUse(click.ClickException):
    """A file or folder that a command needs, and may not or cannot use."""

    exit_code = UNUSABLE


class CannotPrint(click.ClickException):
    """Where the output goes takes no more: a full disk behind ``>``."""

    exit_code = UNUSABLE


class Commands(click.Group):
    """The group of all commands: what stops one is told in the envelope too, where one was asked for."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named."""
        ctx.color = False if "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb" else None
        try:
            with on_standard_error():
                return super().invoke(ctx)
        except click.ClickException as fault:
            _refuse(ctx, fault)
            raise
        except (KeyboardInterrupt, click.Abort):
            click.echo("stopped", err=True)
            raise click.exceptions.Exit(STOPPED) from None
        except (click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as fault:
            if ctx.params.get("traceback"):
                raise
            told = _told(fault)
            _refuse(ctx, told)
            raise told from fault


def _told(fault: Exception) -> click.ClickException:
    """What stopped a command and was not foreseen where it happened."""
    if isinstance(fault, OSError) and _was_printing(fault):
        return CannotPrint(f"what was found cannot be written: {fault.strerror}")
    if isinstance(fault, OSError) and fault.errno in _OF_PLACES:
        where = os.fsdecode(fault.filename) if isinstance(fault.filename, str | bytes) else "a file"
        return CannotUse(f"{plain(where)} cannot be used: {fault.strerror}")
    return OwnFault(_own_fault(fault))


def _refuse(ctx: click.Context, fault: click.ClickException) -> None:
    if ctx.meta.get(_WANTS_JSON):
        with suppress(OSError):  # told on the other stream
            click.echo(_document(ctx.meta[_COMMAND], fault.exit_code, error=_message(fault)))


def _message(fault: click.ClickException) -> str:
    return plain(fault.format_message(), keep="\n")


def _was_printing(fault: Exception) -> bool:
    """Whether it was raised where a line is written out."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") == click.utils.__name__


def _own_fault(fault: Exception) -> str:
    """Its kind and place; not its text, which may repeat what was being read."""
    place, trace = "", fault.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        place = f" ({module}:{trace.tb_lineno})" if module.startswith("cds.") else place
        trace = trace.tb_next
    name = type(fault).__name__
    return f"this is a fault of cds itself: {name}{place}. Please report it; cds --traceback ... shows all of it"


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--json``: the envelope instead of text; the command receives ``as_json``."""

    def remember(ctx: click.Context, _: click.Parameter, wanted: bool) -> bool:
        ctx.meta[_WANTS_JSON] = wanted
        ctx.meta[_COMMAND] = _called(ctx)
        return wanted

    option = click.option(
        "--json", "as_json", is_flag=True, is_eager=True, callback=remember, help="One JSON object instead of text."
    )
    return option(command)


def report(
    lines: Iterable[str], result: object, *, as_json: bool, problems: Sequence[Problem] = (), status: int = OK
) -> None:
    """Tell what was found, for people or (``as_json``) for programs, and end with ``status`` unless all is as hoped.

    lines: made only if they are printed. result: plain data, of a shape that the command documents. problems: stand
    in the envelope; the lines show them where the command wants them.
    """
    atexit.unregister(gc.freeze)  # registered once, however often a command tells something
    atexit.register(gc.freeze)  # nothing is collected when the process ends: 0.2 s, where 100 rulesets were read
    if as_json:
        click.echo(_document(_called(click.get_current_context()), status, problems, result))
    else:
        for line in lines:
            click.echo(line)
    if status != OK:
        end_with(status)


def end_with(status: int) -> NoReturn:
    """End the command with an exit code."""
    raise click.exceptions.Exit(status)


def _called(ctx: click.Context) -> str:
    """``cds decisions list``, however it was started."""
    return " ".join(["cds", *ctx.command_path.split()[1:]])


def _document(
    command: str, status: int, problems: Sequence[Problem] = (), result: object = None, error: str = ""
) -> str:
    told = {"envelope": ENVELOPE, "command": command, "ok": status == OK, "exit": status}
    told |= {"problems": [problem_data(problem) for problem in problems], "result": result}
    return json.dumps(told | ({"error": error} if error else {}), indent=2, ensure_ascii=False)


def problem_data(problem: Problem) -> dict[str, object]:
    """A problem in the envelope."""
    place = problem.location
    told = {"code": problem.code, "severity": problem.severity, "message": problem.message, "hint": problem.hint}
    return told | {"file": place.file, "line": place.line, "column": place.column}


def problem_lines(problems: Iterable[Problem]) -> Iterator[str]:
    """Problems as ``file:line:column: CODE message`` with the hint below."""
    for problem in problems:
        code = coloured(problem.code, problem.severity)
        weight = "" if problem.severity == "error" else f"{problem.severity}: "
        yield f"{plain(str(problem.location))}: {code} {weight}{plain(problem.message)}"
        if problem.hint:
            yield f"    {plain(problem.hint)}"


def coloured(text: str, meaning: str) -> str:
    """Text in the colour of ``error``, ``warning``, ``advice`` or ``good``; click leaves it out where none belong."""
    return click.style(text, fg=_COLOURS[meaning], bold=meaning == "error")


def plain(text: str, keep: str = "") -> str:
    """On one line, and without what a terminal would act on: comments, names and files may be hostile text."""
    return "".join(s if s.isprintable() or s in keep else s.encode("unicode_escape").decode() for s in text)


def counted(number: int, noun: str) -> str:
    """``1 card``, ``2 cards``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Aligned lines under a heading. On a terminal long cells wrap; elsewhere a row is always one line.

    Columns of numbers alone stand to the right.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = [[plain(str(cell)) for cell in row] for row in rows]
    on_terminal = sys.stdout.isatty()
    made = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        are_numbers = _are_numbers([row[number] for row in cells])
        made.add_column(column, justify="right" if are_numbers else "left", overflow="fold")
    for row in cells:
        made.add_row(*(Text(cell) for cell in row))
    console = Console(width=None if on_terminal else 100_000, highlight=False, markup=False, emoji=False)
    with console.capture() as drawn:
        console.print(made)
    yield from (line.rstrip() for line in drawn.get().splitlines())


def _are_numbers(cells: Sequence[str]) -> bool:
    return any(cells) and all(re.fullmatch(r"-?[0-9,.]+ ?%?|", cell) for cell in cells)


def write_anew(file: Path, content: bytes) -> None:
    """Replace a file as a whole: whoever reads it meanwhile sees the old or the new one."""
    beside = file.with_name(f".{file.name}.new")
    beside.write_bytes(content)
    beside.chmod(file.stat().st_mode)
    os.replace(beside, file)


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr while long work runs, on a terminal alone. What it yields takes the steps done since."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    began = time.monotonic()
    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task(label, total=total)
    started = False

    def advance(steps: int) -> None:
        nonlocal started
        bar.advance(task, steps)
        if not started and not bar.finished and time.monotonic() - began > _BAR_AFTER:
            bar.start()
            started = True

    try:
        yield advance
    finally:
        if started:
            bar.stop()


@contextmanager
def waiting(label: str) -> Iterator[None]:
    """A word on stderr that something goes on whose steps nobody can count; on a terminal alone."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(label):
        yield
