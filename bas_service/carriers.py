"""Whatever carries messages out of the house, as the settings name it: a new channel is a class and a line here."""

from collections.abc import Callable

from bas_service.config import Gateway as GatewayName
from bas_service.config import Settings
from bas_service.messaging.email_gateway import EmailGateway
from bas_service.messaging.gateways import ConsoleGateway, Gateway, Gateways
from bas_service.messaging.pacing import Sender
from bas_service.messaging.rules import Channel
from bas_service.messaging.twilio_gateway import TwilioGateway


def _texts(settings: Settings) -> Gateway | None:
    return TwilioGateway(settings) if settings.gateway is GatewayName.TWILIO else None


def _mail(settings: Settings) -> Gateway | None:
    return EmailGateway(settings) if settings.smtp_host is not None else None


def _terminal(settings: Settings) -> Gateway | None:
    # What is really told to families never ends up in a terminal instead.
    return ConsoleGateway() if settings.gateway is GatewayName.CONSOLE else None


# Whatever carries messages, the first that carries a channel before the others; nothing when the settings do not
# name it.
CARRIERS: tuple[Callable[[Settings], Gateway | None], ...] = (_texts, _mail, _terminal)


def gateway_of(settings: Settings) -> Gateways:
    """The gateways that the settings name, as one."""
    return Gateways([one for carrier in CARRIERS if (one := carrier(settings)) is not None])


def senders_of(settings: Settings) -> dict[Channel, Sender]:
    """What messages come from, and how many may in a second; the terminal has no name."""
    return {
        Channel.SMS: Sender(name=settings.twilio_sender or "", per_second=settings.texts_per_second),
        Channel.EMAIL: Sender(name=settings.smtp_sender or "", per_second=settings.emails_per_second),
    }
