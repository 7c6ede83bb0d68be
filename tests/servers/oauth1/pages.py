"""What a user sees: a login, a question, and a code to type in where there is no way back."""

from flask import Response, redirect, render_template_string, request, session

import people

LOGIN = """<!doctype html><title>Log in</title><h1>Log in</h1>
{% if is_wrong %}<p>Wrong user name or password.</p>{% endif %}
<form method="post">
  <input name="username"><input name="password" type="password">
  <button name="action" value="login">Log in</button>
</form>"""

CONSENT = """<!doctype html><title>Access</title><h1>Access</h1>
<p>{{ client }} asks for access to the account of {{ user }}.</p>
<form method="post">
  <button name="action" value="deny">Deny</button>
  <button name="action" value="allow">Allow</button>
</form>"""

CODE = """<!doctype html><title>Code</title>
<p>Type this code into the application: <code>{{ verifier }}</code></p>"""


def authorize(ledger, allow, deny):
    """The page of RFC 5849 section 2.2. `allow(token, user)` and `deny(token)` give the location
    to go to; where there is none, `allow` gives None, and the verifier is shown."""
    token = request.args.get("oauth_token", "")
    temporary = ledger.temporary.get(token)
    if temporary is None:
        return Response("These temporary credentials are unknown, or used.", 400)
    action = request.form.get("action")
    if action == "login":
        user = people.USERS.get(request.form.get("username"))
        if user is None or user["password"] != request.form.get("password"):
            return render_template_string(LOGIN, is_wrong=True), 401
        session["user"] = request.form["username"]
    user = session.get("user")
    if user is None:
        return render_template_string(LOGIN)
    if action == "allow":
        location = allow(token, user)
        if location is None:
            return render_template_string(CODE, verifier=temporary["verifier"])
        return redirect(location, 303)
    if action == "deny":
        location = deny(token)
        ledger.close(token)
        return redirect(location, 303) if location else "Access is denied."
    return render_template_string(CONSENT, client=temporary["client"], user=user)
