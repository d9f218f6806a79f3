"""`grader review`: the web application in which people grade their half."""

import secrets
import socket
from pathlib import Path
from typing import Annotated

import typer

_WAIT = 5  # seconds that a click waits for a database which another process locks


def command(
    out: Annotated[Path, typer.Argument(help="The folder of results of a class.")],
    graders: Annotated[
        list[str] | None, typer.Option("--grader", help="Who grades, each with an address of their own; else you.")
    ] = None,
    heads: Annotated[
        list[str] | None,
        typer.Option("--head", help="Head graders, who say who grades what and answer requests; else everyone may."),
    ] = None,
    twice: Annotated[
        float, typer.Option("--twice", min=0, max=100, help="How many percent of the answers two people grade.")
    ] = 0.0,
    requests: Annotated[
        Path | None,
        typer.Option(
            "--requests",
            exists=True,
            dir_okay=False,
            help="Requests to look again, a CSV with the columns who, problem, check and text.",
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Where it listens; 0 takes a free one.")] = 0,
    host: Annotated[
        str, typer.Option("--host", help="The name or number by which others reach this machine.")
    ] = "127.0.0.1",
    certificate: Annotated[
        Path | None, typer.Option("--tls-cert", exists=True, dir_okay=False, help="A certificate for that name.")
    ] = None,
    private: Annotated[
        Path | None, typer.Option("--tls-key", exists=True, dir_okay=False, help="The certificate's key.")
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Let others come in without TLS: whoever listens can read all.")
    ] = False,
    store: Annotated[str, typer.Option("--store", help="A database's URL; else grades.db in the folder.")] = "",
) -> None:
    """Grade by question in the browser: answers that say the same together, beside what the machine found.

    Each address holds a token, which lets in whoever has it under that name. Everything is kept as soon as it is said;
    pages and the gradebook follow within seconds. Ctrl-C ends it.
    """
    import getpass
    from contextlib import closing

    from grader.cli._shared import say
    from grader.core.errors import MachineError
    from grader.store import Results, Store

    try:
        import uvicorn

        from grader.review.access import Access
        from grader.review.app import application
        from grader.review.people import read_requests
        from grader.review.publisher import Publisher
        from grader.review.state import Review
    except ModuleNotFoundError as error:
        hint = "Install what serves it: pip install 'dl-grader[review]'"
        raise MachineError(f"{error.name} is not installed", hint=hint) from error

    local = host in ("127.0.0.1", "localhost")
    if not local and not insecure and not (certificate and private):
        raise typer.BadParameter(
            "others could listen: name --tls-cert and --tls-key, or say --insecure", param_hint="--host"
        )
    if bool(certificate) != bool(private):
        raise typer.BadParameter("--tls-cert and --tls-key belong together")
    results = Results(out) if out.is_dir() else None
    if results is None:
        raise typer.BadParameter(f"{out} is no folder of results: grade a class into it first", param_hint="OUT")
    title = results.standings().title
    try:
        listening = socket.create_server(("127.0.0.1" if local else "", port))
    except OSError as error:
        raise MachineError(f"port {port} can't be had: {error.strerror}", hint="Name another, or none.") from error
    port = listening.getsockname()[1]
    tokens = {
        secrets.token_urlsafe(24): name
        for name in dict.fromkeys([*(heads or ()), *(graders or ())] or [getpass.getuser()])
    }
    hosts = [f"{name}:{port}" for name in (("127.0.0.1", "localhost") if local else (host,))]
    access = Access(tokens, hosts, secure=certificate is not None, heads=heads or ())
    with (
        Store.open(store or out, create=False, wait=_WAIT) as opened,
        closing(Publisher(opened, results, say)) as publisher,
    ):
        review = Review(opened, results, publisher.changed, title, twice=twice / 100)
        review.bring_up_to_date()
        if requests:
            say(read_requests(opened, review.asked.questions, requests, next(iter(tokens.values()))))
        for token, name in tokens.items():
            typer.echo(f"{name}: {'https' if certificate else 'http'}://{hosts[0]}/?token={token}")
        typer.echo("Ctrl-C ends it; all that was said is kept.")
        config = uvicorn.Config(
            application(review, access),
            log_level="warning",
            ssl_certfile=certificate and str(certificate),
            ssl_keyfile=private and str(private),
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,
        )
        server = uvicorn.Server(config)
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            review.again.close()
            typer.echo("Pages and the gradebook are written.")
