#!/usr/bin/env python3
"""A user without a browser: opens an authorization URL, logs in, consents, and says where the
provider sends the browser in the end. It submits whatever forms it meets, so it works with any
login made of plain HTML. Standard library only.

Prints one JSON object. It has `outcome`, `url`, `pages` (each request made, with its status) and
  redirect: `method` (GET, or POST for form_post), `params`, and `response`, the same parameters
            as they are on the wire: query, fragment or form. The redirect itself is not sent.
  page:     `status`, `title`, `text`: no form is left, so it is done (device, logout) or refused.
  stuck:    `error`: the same form came back again and again, or there is no answer; exit code 1.
"""

import argparse
import json
import os
import re
import ssl
import sys
import urllib.request as web
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPException
from http.cookiejar import LWPCookieJar
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

YES = re.compile(
    r"accept|agree|allow|approve|authori[sz]e|confirm|consent|continue|grant|log|next|ok\b|sign"
    r"|submit|valid|yes",
    re.I,
)
NO = re.compile(
    r"abort|cancel|\bcreate\b|decline|den(y|ied)|disagree|forgot|\bno\b|refuse|register|reject"
    r"|switch",
    re.I,
)
USER = re.compile(r"account|email|identifier|login|mail|name|sub|user", re.I)
ASIDE = re.compile(r"lang|locale|logout(?!.*form)|search", re.I)
REDIRECTS = (301, 302, 303, 307, 308)
TEXT_LIMIT = 2000
PAGE_LIMIT = 25
# The same form this often is a circle; twice is a typing error that was corrected.
FORM_LIMIT = 3


@dataclass
class Control:
    """What stands in a form: an input, a button, a select or a textarea."""

    kind: str
    attrs: dict
    text: str = ""
    options: list = field(default_factory=list)

    def get(self, name):
        return self.attrs.get(name, "")

    def label(self):
        return " ".join([self.text, *map(self.get, ("name", "value", "id"))])

    def is_submit(self):
        return self.kind in ("submit", "image") and "disabled" not in self.attrs


@dataclass
class Form:
    attrs: dict
    controls: list = field(default_factory=list)

    def has(self, *kinds):
        return any(control.kind in kinds for control in self.controls)

    def fields(self):
        """What the page itself filled in."""
        return [(c.get("name"), c.get("value")) for c in self.controls if c.get("name")]

    def buttons(self):
        return [control for control in self.controls if control.is_submit()]


class Page(HTMLParser):
    """Forms (with the controls that belong to them by form=ID), links, title and text."""

    def __init__(self, html):
        super().__init__()
        self.forms, self.links, self.title, self.text = [], [], "", ""
        self._strays = []
        # What is open at this point of the page, by tag.
        self._open = {}
        self.feed(html)
        self.close()
        for control in self._strays:
            for form in self.forms:
                if form.attrs.get("id") == control.get("form"):
                    form.controls.append(control)

    def handle_starttag(self, tag, attrs):
        attrs = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open[tag] = Form(attrs)
            self.forms.append(self._open[tag])
        elif tag == "a":
            self._open[tag] = Control("link", attrs)
            self.links.append(self._open[tag])
        elif tag == "input":
            self._add(Control(attrs.get("type", "text").lower(), attrs))
        elif tag in ("button", "select", "textarea"):
            kind = attrs.get("type", "submit").lower() if tag == "button" else tag
            self._open[tag] = self._add(Control(kind, attrs))
        elif tag == "option" and "select" in self._open:
            self._open["select"].options.append(attrs)
        elif tag in ("script", "style", "title"):
            self._open[tag] = True

    def _add(self, control):
        form = self._open.get("form")
        if form is None or "form" in control.attrs:
            self._strays.append(control)
        else:
            form.controls.append(control)
        return control

    def handle_endtag(self, tag):
        self._open.pop(tag, None)

    def handle_data(self, data):
        if "script" in self._open or "style" in self._open:
            return
        if "title" in self._open:
            self.title += data.strip()
            return
        for tag in ("a", "button", "textarea"):
            if tag in self._open:
                self._open[tag].text += data
        self.text = f"{self.text} {data.strip()}".strip()


@dataclass
class Answer:
    status: int
    location: str
    body: str


class Browser:
    """Sends requests one by one: keeps cookies, follows no redirect, uses no proxy."""

    def __init__(self, jar_file, cafile, verbose):
        self.jar = LWPCookieJar(jar_file)
        self.verbose = verbose
        self.pages = []
        if jar_file and os.path.exists(jar_file):
            self.jar.load(ignore_discard=True)
        self.opener = web.OpenerDirector()
        tls = web.HTTPSHandler(context=ssl.create_default_context(cafile=cafile))
        for handler in (web.HTTPHandler(), tls, web.HTTPCookieProcessor(self.jar)):
            self.opener.add_handler(handler)

    def send(self, url, form=None, referer=None):
        headers = {"Accept": "text/html", "Accept-Language": "en", "User-Agent": "headless-user"}
        if referer:
            headers["Referer"] = referer
        if form is not None:
            origin = urlsplit(referer or url)
            headers["Origin"] = f"{origin.scheme}://{origin.netloc}"
            form = form.encode()
        request = web.Request(url, data=form, headers=headers)
        with self.opener.open(request, timeout=30) as reply:
            body = reply.read().decode("utf-8", "replace")
            answer = Answer(reply.status, reply.headers.get("location", ""), body)
        self.pages.append(f"{request.get_method()} {url.split('?')[0]} -> {answer.status}")
        if self.verbose:
            print(self.pages[-1], form or "", answer.location, file=sys.stderr)
        return answer

    def save_cookies(self):
        if self.jar.filename:
            self.jar.save(ignore_discard=True)


class User:
    """Decides what to type and which button to press."""

    def __init__(self, args):
        self.args = args
        self.overrides = dict(pair.split("=", 1) for pair in args.field)
        self.has_refused = False

    def fill(self, form):
        """The fields to send, and the button that was pressed."""
        fields = {}
        for control in form.controls:
            name = control.get("name")
            if not name or "disabled" in control.attrs:
                continue
            value = self.overrides.get(name, self._value(control))
            is_second_radio = control.kind == "radio" and name in fields
            if value is not None and not (is_second_radio and "checked" not in control.attrs):
                fields[name] = value
        button = self._press(form)
        if button and button.get("name"):
            fields[button.get("name")] = button.get("value")
        return fields, button

    def _value(self, control):
        """What this control sends; None if nothing."""
        kind, name, value = control.kind, control.get("name"), control.get("value")
        if kind in ("submit", "image", "button", "reset", "file"):
            return None
        if kind in ("hidden", "radio"):
            return value
        if kind == "password":
            return self.args.password
        if kind == "checkbox":
            return (value or "on") if "checked" in control.attrs or not self.args.deny else None
        if kind == "select":
            chosen = [option for option in control.options if "selected" in option]
            return next(iter(chosen + control.options), {}).get("value", "")
        if kind == "textarea":
            return control.text
        if "code" in name.lower():
            return self.args.user_code or value
        return self.args.user if USER.search(name) or not value else value

    def _press(self, form):
        buttons = form.buttons()
        if self.refuses(form):
            no = [button for button in buttons if NO.search(button.label())]
            if no:
                self.has_refused = True
                return no[0]
        fine = [button for button in buttons if not NO.search(button.label())]
        yes = [button for button in fine if YES.search(button.label())]
        return next(iter(yes + fine + buttons), None)

    def refuses(self, form):
        """Whoever refuses logs in first, and refuses at the next form."""
        return self.args.deny and not form.has("password")

    def way_out(self, page):
        """The link that refuses, where no button does."""
        if not all(map(self.refuses, page.forms)):
            return None
        buttons = [button for form in page.forms for button in form.buttons()]
        if any(NO.search(button.label()) for button in buttons):
            return None
        links = [link.get("href") for link in page.links if NO.search(link.text)]
        self.has_refused = any(links)
        return next(filter(None, links), None)


def liking(form):
    """How much a form looks like the one that the page is about."""
    address = form.attrs.get("action", "") + form.attrs.get("id", "")
    return (
        8 * form.has("password")
        + 4 * (form.attrs.get("method", "").lower() == "post")
        + 2 * bool(form.buttons())
        - 6 * bool(ASIDE.search(address))
    )


class Visit:
    """The way from the first URL to where it ends."""

    def __init__(self, args):
        self.args = args
        self.user = User(args)
        self.browser = Browser(args.jar, args.cafile, args.verbose)
        self.start = urlsplit(args.url)
        query = dict(parse_qsl(self.start.query))
        names = ("redirect_uri", "post_logout_redirect_uri", "oauth_callback")
        self.target = args.redirect_uri or next(filter(None, map(query.get, names)), None)

    def is_target(self, url):
        """Whether this is the redirect URI; if that is unknown, whether it is elsewhere."""
        here = urlsplit(url)
        if self.target:
            there = urlsplit(self.target)
            mine, wanted = ((u.scheme, u.netloc, u.path or "/") for u in (here, there))
            return mine == wanted
        return (here.scheme, here.netloc) != (self.start.scheme, self.start.netloc)

    def run(self):
        """What happened, as the JSON object to print."""
        url, form, referer = self.args.url, None, None
        if self.args.post:
            url, form = url.split("?")[0], self.start.query
        forms_seen = Counter()
        for _ in range(PAGE_LIMIT):
            try:
                answer = self.browser.send(url, form, referer)
            except (OSError, HTTPException) as error:
                return {"outcome": "stuck", "url": url, "error": repr(error)}
            if answer.status in REDIRECTS and answer.location:
                target = urljoin(url, answer.location)
                if self.is_target(target):
                    return self.landed("GET", target, urlsplit(target))
                keeps_form = answer.status in (307, 308)
                url, form, referer = target, form if keeps_form else None, url
                continue
            page = Page(answer.body)
            for auto in page.forms:
                action = urljoin(url, auto.attrs.get("action", ""))
                if self.is_target(action):
                    return self.landed("POST", action, auto)
            step = self.next_step(url, answer, page)
            if step is None:
                return self.stopped(url, answer, page)
            forms_seen[step[2:]] += 1
            if forms_seen[step[2:]] > FORM_LIMIT:
                return {**self.stopped(url, answer, page), "outcome": "stuck", "error": "a circle"}
            url, form, referer = *step[:2], url
        return {"outcome": "stuck", "url": url, "error": f"more than {PAGE_LIMIT} pages"}

    def next_step(self, url, answer, page):
        """URL and form to send, and what names this step; None if the page is the last."""
        if self.user.has_refused:
            return None
        way_out = self.user.way_out(page)
        if way_out:
            return urljoin(url, way_out), None, "way out"
        forms = [form for form in page.forms if form.controls]
        # A login page may be a 401 again; other errors are final, whatever form they show.
        if not forms or (answer.status >= 400 and answer.status != 401):
            return None
        form = max(forms, key=liking)
        fields, button = self.user.fill(form)
        # A button may say something else than its form.
        attrs = button.attrs if button else {}
        method, action = (
            attrs.get(f"form{name}") or form.attrs.get(name, "") for name in ("method", "action")
        )
        action, body = urljoin(url, action), urlencode(fields)
        name = urlsplit(url).path, tuple(fields)
        if method.lower() == "post":
            return action, body, name
        return f"{action.split('?')[0]}?{body}", None, name

    def landed(self, method, url, what):
        """At the redirect URI; `what` is the split URL, or the form that posts itself there."""
        if method == "POST":
            response = urlencode(what.fields())
        else:
            response = what.query or what.fragment
        params = dict(parse_qsl(response, keep_blank_values=True))
        result = {"outcome": "redirect", "method": method, "url": url, "response": response}
        if self.args.deliver:
            form = response if method == "POST" else None
            try:
                answer = self.browser.send(url.split("#")[0], form)
                result["delivered"] = {"status": answer.status, "body": answer.body[:TEXT_LIMIT]}
            except (OSError, HTTPException) as error:
                result["delivered"] = {"error": repr(error)}
        return {**result, "params": params}

    def stopped(self, url, answer, page):
        text = (page.text or answer.body)[:TEXT_LIMIT]
        status, title = answer.status, page.title
        return {"outcome": "page", "url": url, "status": status, "title": title, "text": text}


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("url")
    add("--redirect-uri", help="where to stop (default: what the URL says, else another origin)")
    add("--user", default="alice", help="typed into login forms")
    add("--password", default="alice-password", help="typed into login forms")
    add("--user-code", help="typed into the form of a device login")
    add("--field", action="append", default=[], metavar="NAME=VALUE", help="sets a form field")
    add("--deny", action="store_true", help="log in, but refuse to consent")
    add("--post", action="store_true", help="send the query of the first request as a form")
    add("--deliver", action="store_true", help="send the redirect too: adds `delivered`")
    add("--jar", help="a file of cookies to read and write: stays logged in over several calls")
    add("--cafile", help="certificate authorities to trust")
    add("--verbose", action="store_true", help="each request on stderr")
    return parser.parse_args()


def main():
    visit = Visit(arguments())
    result = visit.run()
    visit.browser.save_cookies()
    print(json.dumps({**result, "pages": visit.browser.pages}))
    return 1 if result["outcome"] == "stuck" else 0


if __name__ == "__main__":
    sys.exit(main())
