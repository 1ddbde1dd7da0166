"""Access and refresh tokens, on flask-jwt-extended: what is put into them and read out of them."""

import uuid
from dataclasses import dataclass
from typing import Any

import jwt
from flask import Flask
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token, get_jwt
from flask_jwt_extended import verify_jwt_in_request as verify
from flask_jwt_extended.exceptions import JWTExtendedException

from bas_service.access.rules import ACCESS_KEPT, REFRESH_KEPT, TokenIdentity
from bas_service.database import new_id
from bas_service.errors import SignInNeeded


@dataclass(frozen=True, kw_only=True)
class Claims:
    """Who presents the token: the account, its session on a device, and the pair the token belongs to."""

    account_id: uuid.UUID
    session_id: uuid.UUID
    token: TokenIdentity


def sign_tokens_with(app: Flask, key: str) -> None:
    """Set up the tokens: HS256, in the Authorization header only."""
    app.config |= {
        "JWT_SECRET_KEY": key,
        "JWT_ALGORITHM": "HS256",
        "JWT_TOKEN_LOCATION": ["headers"],
        "JWT_ACCESS_TOKEN_EXPIRES": ACCESS_KEPT,
        "JWT_REFRESH_TOKEN_EXPIRES": REFRESH_KEPT,
    }
    JWTManager(app)


def new_pair(account_id: uuid.UUID, session_id: uuid.UUID, *, parent: str | None) -> dict[str, Any]:
    """An access and a refresh token that know each other; ``expires_in`` is the access token's, in seconds."""
    pair = str(new_id())
    claims = {"session": str(session_id), "pair": pair, "parent": parent}
    return {
        "access_token": create_access_token(str(account_id), additional_claims=claims),
        "refresh_token": create_refresh_token(str(account_id), additional_claims=claims),
        "expires_in": int(ACCESS_KEPT.total_seconds()),
    }


def presented_claims(*, refresh: bool) -> Claims:
    """Read the bearer token of the request; raises ``SignInNeeded`` for any that is not ours and of its kind."""
    try:
        verify(refresh=refresh)
        claims = get_jwt()
        return Claims(
            account_id=uuid.UUID(claims["sub"]),
            session_id=uuid.UUID(claims["session"]),
            token=TokenIdentity(id=claims["pair"], parent=claims["parent"]),
        )
    except (JWTExtendedException, jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError):
        raise SignInNeeded() from None
