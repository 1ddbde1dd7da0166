"""Shapes of signing in."""

from marshmallow import fields

from bas_service.access.rules import Role
from bas_service.http.fields import Choice, Id, Line, Lines, Moment, Part, Secret, Shape, Whole
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
    code = Line(30, metadata={"description": "One-time or recovery code, for accounts that use them"})


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


class Password(Shape):
    """The present password, asked for again."""

    password = Secret(required=True)


class ChangePassword(Password):
    """A new password: at least 12 characters, and not one that is easily guessed."""

    new_password = Secret(required=True)


class ChangeEmail(Password):
    """The e-mail address to sign in with."""

    email = Line(254, required=True)


class Code(Shape):
    """A code of the authenticator app."""

    code = Line(30, required=True)


class RemoveCodes(Password):
    """Password and a code, to stop using codes."""

    code = Line(30, required=True)


class CodesSetUp(Shape):
    """What the authenticator app needs, and codes for the day it is lost; all shown this once."""

    secret = Line(100, required=True)
    uri = Line(500, required=True)
    recovery_codes = fields.List(Line(30), required=True)


class DeviceView(Shape):
    """A device the account is signed in on."""

    id = Id(required=True)
    name = Line(100, required=True)
    platform = Line(50, required=True)
    signed_in_at = Moment(required=True)
    is_this = fields.Boolean(required=True)


class DevicesList(Shape):
    """All devices the account is signed in on, the latest first."""

    items = fields.List(Part(DeviceView), required=True)
    next = Line(500, required=True, allow_none=True)


class TakeGrant(Shape):
    """Why one must see a child one is not responsible for, and for how many hours."""

    id = Id()
    reason = Lines(2000, required=True)
    hours = Whole(1, 24, required=True)


class GrantView(Shape):
    """An emergency grant; `seen_at` when the supervisor took notice."""

    id = Id(required=True)
    child_id = Id(required=True)
    account_id = Id(required=True)
    reason = Lines(2000, required=True)
    granted_at = Moment(required=True)
    until = Moment(required=True)
    told_account_id = Id(required=True, allow_none=True)
    seen_at = Moment(required=True, allow_none=True)
    version = Whole(1, 2**31 - 1, required=True)


class GrantsList(Shape):
    """Emergency grants, the latest first."""

    items = fields.List(Part(GrantView), required=True)
    next = Line(500, required=True, allow_none=True)
