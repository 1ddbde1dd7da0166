"""Shapes of signing in."""

from bas_service.access.rules import Role
from bas_service.http.fields import Choice, Id, Line, Part, Secret, Shape, Whole
from bas_service.translation import Language


class Device(Shape):
    """The phone or browser that signs in; ``id`` is its own, kept across sign-ins."""

    id = Line(100, required=True)
    name = Line(100, required=True)
    platform = Line(50, required=True)


class SignIn(Shape):
    """E-mail, password and the device."""

    email = Line(254, required=True)
    password = Secret(required=True)
    device = Part(Device, required=True)


class User(Shape):
    """The person who signed in."""

    id = Id(required=True)
    name = Line(required=True)
    role = Choice(Role, required=True)
    language = Choice(Language, required=True)


class TokenPair(Shape):
    """A pair of tokens; ``expires_in`` seconds are left of the access token."""

    access_token = Line(4000, required=True)
    refresh_token = Line(4000, required=True)
    expires_in = Whole(1, 86_400, required=True)


class SignedIn(TokenPair):
    """A pair of tokens, and whose they are."""

    user = Part(User, required=True)
