"""Shapes of what the pages' forms and addresses give."""

from bas_service.http.fields import Line, Secret, Shape


class SignIn(Shape):
    """E-mail, password, and a one-time or recovery code where the account uses them."""

    email = Line(254, required=True)
    password = Secret(required=True)
    code = Line(30)
