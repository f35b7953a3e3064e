"""`python -m local.warehouse start|stop|status|serve`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local.stack.folders import PROJECT
from local.stack.processes import is_alive
from local.warehouse.notice import NOTICE
from local.warehouse.serving.background import BackgroundServer, CannotServeError

STATE_FOLDER = PROJECT / "var" / "local-warehouse"
NOT_RUNNING = 3
"""What system services give as the exit code of `status` when nothing runs."""


def main(arguments: list[str] | None = None) -> int:
    """The command line; gives the exit code."""
    options = command_line().parse_args(arguments)
    try:
        if options.verb == "serve":
            # DuckDB and fakesnow take seconds to import, and the other verbs need neither.
            from local.warehouse.serving.foreground import serve

            serve(_checked(options))
            return 0
        server = BackgroundServer(options.state_folder)
        if options.verb == "start":
            print(server.start(options.host, options.folder, _passed_on(_checked(options))).explained())
            print("`python -m local.warehouse stop` ends it.")
            return 0
        if options.verb == "stop":
            print(server.stop())
            return 0
        return _status(server)
    except CannotServeError as error:
        print(error, file=sys.stderr)
        return 1


def _status(server: BackgroundServer) -> int:
    state = server.state()
    if state is None:
        print("No local warehouse runs.")
        return NOT_RUNNING
    if not is_alive(state.process):
        print(
            f"The local warehouse of {state.address} has died; see {state.process.log_file}. Start it again."
        )
        return NOT_RUNNING
    print(f"Process {state.process.pid}, log {state.process.log_file}.\n{state.explained()}")
    return 0


def command_line() -> argparse.ArgumentParser:
    """The verbs and their options."""
    parser = argparse.ArgumentParser(prog="python -m local.warehouse", description=NOTICE)
    verbs = parser.add_subparsers(dest="verb", required=True)
    start = verbs.add_parser("start", help="start it in the background and say how to connect")
    stop = verbs.add_parser("stop", help="end the one that was started")
    status = verbs.add_parser("status", help="say whether it runs and how to connect (exit code 3 if not)")
    foreground = verbs.add_parser("serve", help="serve in the foreground until SIGTERM or Ctrl-C")
    for verb in (start, stop, status):
        verb.add_argument(
            "--state-folder",
            type=Path,
            default=STATE_FOLDER,
            help="where it is remembered between commands; one server for each (var/local-warehouse)",
        )
    for verb in (start, foreground):
        _add_options(verb)
    foreground.add_argument(
        "--port-file", type=Path, help="write the port to this file once the server listens"
    )
    foreground.add_argument(
        "--tls-folder", type=Path, help="where certificates are made and the CA bundle is written"
    )
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="listen on this and no other address")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port, which is printed")
    parser.add_argument(
        "--folder", type=Path, help="keep everything here; without it everything is gone at the end"
    )
    parser.add_argument("--tls", action="store_true", help="serve over TLS, with a certificate made for it")
    parser.add_argument(
        "--name", action="append", default=[], help="a further host name for that certificate"
    )
    parser.add_argument("--certificate", type=Path, help="serve over TLS with this certificate (PEM)")
    parser.add_argument("--key", type=Path, help="the certificate's private key (PEM, no password)")


def _checked(options: argparse.Namespace) -> argparse.Namespace:
    if (options.certificate is None) != (options.key is None):
        raise CannotServeError("--certificate and --key belong together: give both.")
    if options.folder is not None:
        options.folder = options.folder.resolve()
    return options


def _passed_on(options: argparse.Namespace) -> list[str]:
    words = ["--host", options.host, "--port", str(options.port)]
    words += ["--folder", str(options.folder)] if options.folder else []
    words += ["--tls"] if options.tls else []
    words += [word for name in options.name for word in ("--name", name)]
    if options.certificate:
        words += ["--certificate", str(options.certificate.resolve()), "--key", str(options.key.resolve())]
    return words


if __name__ == "__main__":
    sys.exit(main())
