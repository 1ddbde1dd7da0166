"""Twilio on this machine, for whoever builds an app: texts appear on the terminal, and it misbehaves when told to."""

import secrets
import signal
import threading
from pathlib import Path

import click

from bas_service import clock
from bas_service.messaging.gateways import as_on_a_phone
from bas_service.messaging.stand_in.control import CONTROL
from bas_service.messaging.stand_in.faults import mixed
from bas_service.messaging.stand_in.twilio import TwilioStandIn


@click.command("fake-twilio")
@click.option("--port", default=8010, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--faults", default=0.0, show_default=True, type=click.FloatRange(0, 1), help="Share of requests.")
@click.option("--seed", type=int, help="Throws the dice of --faults again as another time.")
@click.option("--inbound", "inbound_url", default="http://127.0.0.1:8000/hooks/twilio/inbound", show_default=True)
@click.option("--keep", type=click.Path(dir_okay=False, path_type=Path), help="A file that keeps the texts.")
def fake_twilio(port: int, faults: float, seed: int | None, inbound_url: str, keep: Path | None) -> None:
    """Be Twilio on this machine: texts appear here, nothing leaves, and it misbehaves when told to."""
    stand_in = TwilioStandIn(
        port=port,
        on_text=lambda text: click.echo(as_on_a_phone(text.to, text.body, clock.now())),
        receipt_delay=0.5,
        state_file=keep,
        inbound_url=inbound_url,
        control=True,
    )
    try:
        stand_in.start()
    except OSError as error:
        raise click.ClickException(f"Port {port} cannot be had: {error.strerror}. Try: --port 0") from None
    if faults:
        # Said always: what went wrong once is to go wrong again.
        seed = secrets.randbelow(10**6) if seed is None else seed
        stand_in.misbehave_by_chance(mixed(faults), seed=seed)
        click.echo(f"Faults in {faults:.0%} of all requests; the same ones again: --faults {faults} --seed {seed}\n")
    click.echo(_said(stand_in))
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    stand_in.stop()
    click.echo("\nGood-bye.")


def _said(stand_in: TwilioStandIn) -> str:
    return f"""Twilio's stand-in is at {stand_in.url}. For bas serve and bas worker:

  export BAS_GATEWAY=twilio BAS_TWILIO_API_URL={stand_in.url} BAS_TWILIO_SENDER=BAS
  export BAS_TWILIO_ACCOUNT_SID={stand_in.account_sid} BAS_TWILIO_AUTH_TOKEN={stand_in.auth_token}

What it can be told while it runs: curl {stand_in.url}{CONTROL}
A text from somebody:
  curl {stand_in.url}{CONTROL}/inbound -H 'Content-Type: application/json' \\
    -d '{{"from": "+37120000001", "body": "Labi"}}'
Ctrl-C ends it. Texts appear below.
"""
