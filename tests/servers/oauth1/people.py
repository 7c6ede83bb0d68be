"""Who there is: clients with their keys, users with their passwords."""

from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

REDIRECT_URIS = ["http://127.0.0.1/cb", "http://localhost/cb"]


@dataclass
class Client:
    client_id: str
    secret: str = ""
    private_pem: str = ""
    public_pem: str = ""

    def as_json(self):
        client = {"client_id": self.client_id, "redirect_uris": REDIRECT_URIS}
        if self.secret:
            client["client_secret"] = self.secret
        if self.private_pem:
            client["private_pem"] = [self.private_pem]
            client["public_pem"] = [self.public_pem]
        return client


def signing(client_id):
    """A client with a key of its own, and no secret."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Client(client_id, private_pem=private.decode(), public_pem=public.decode())


CLIENTS = {
    client.client_id: client
    for client in (
        Client("client-hmac", "a-secret-of-letters"),
        # All that percent-encoding is about: RFC 5849 section 3.6.
        Client("client:special/+ &=", "s p+e&c/i=a%l~*é"),
        signing("client-rsa"),
        signing("client-rsa-other"),
    )
}

USERS = {
    name: {
        "id": number,
        "password": f"{name}-password",
        "name": f"{name.title()} Example",
        "email": f"{name}@example.test",
    }
    for number, name in enumerate(("alice", "bob"), start=1001)
}


def profile(name):
    """What the API says of a user."""
    user = USERS[name]
    return {"id": user["id"], "username": name, "name": user["name"], "email": user["email"]}
