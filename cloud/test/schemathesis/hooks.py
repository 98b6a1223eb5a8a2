"""Signs the requests of Schemathesis with an enrolled secret (Standard Webhooks), over the sent bytes."""

import base64
import hashlib
import hmac
import json
import os
import time
import uuid

import schemathesis
from requests.auth import AuthBase
from schemathesis.core.parameters import ParameterLocation

SECRET = base64.b64decode(os.environ["NEXUS_SECRET"])
# Two pseudonyms with the same secret: one sends batches, the other may be erased.
SENDER, ERASED = os.environ["NEXUS_SENDER"], os.environ["NEXUS_ERASED"]


class StandardWebhooks(AuthBase):
    """Signs the prepared request, whose body and URL are final."""

    def __call__(self, request):
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        message_id = batch_id_in(body) or str(uuid.uuid4())
        timestamp = str(int(time.time()))
        mac = hmac.new(SECRET, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
        request.headers["webhook-id"] = message_id
        request.headers["webhook-timestamp"] = timestamp
        request.headers["webhook-signature"] = "v1," + base64.b64encode(mac).decode()
        return request


def batch_id_in(body):
    try:
        found = json.loads(body)["batch_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) and found.isascii() and found.isprintable() else None


def batch_id_of(batch):
    """Returns a UUIDv8 derived from the batch's content."""
    digest = hashlib.sha256(json.dumps({**batch, "batch_id": ""}, sort_keys=True, default=str).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def is_negative(case, location):
    return case.meta is not None and case.meta.is_negative_at(location)


@schemathesis.hook
def before_call(context, case, kwargs):
    if not any(parameter.name == "webhook-signature" for parameter in case.operation.headers):
        return
    # Negative tests of headers keep their missing or wrong headers.
    if is_negative(case, ParameterLocation.HEADER):
        return
    is_erasure = "/users/" in case.operation.path
    user = ERASED if is_erasure else SENDER
    if is_erasure and not is_negative(case, ParameterLocation.PATH):
        case.path_parameters = {"anon_user_id": user}
    if isinstance(case.body, dict) and not is_negative(case, ParameterLocation.BODY):
        if "anon_user_id" in case.body:
            case.body = {**case.body, "anon_user_id": user}
        if "batch_id" in case.body:
            # The server refuses different bytes with a known batch ID.
            case.body = {**case.body, "batch_id": batch_id_of(case.body)}
        if "secret" in case.body:
            # A rotation to the secret in use changes nothing.
            case.body = {**case.body, "secret": os.environ["NEXUS_SECRET"]}
    kwargs["auth"] = StandardWebhooks()
