"""The receiver that docs/contracts.md shows works with what the worker sends."""

import re
import threading
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import DeliveryState
from cashdesk.web.webhooks.endpoint import add_endpoint, rotate_secret
from cashdesk.web.webhooks.secret import OVERLAP_USUAL
from tests.docs.pages import CONTRACTS
from tests.stories import Cast
from tests.webhooks.sending import happened, of, works


def printed_receiver(secret: str) -> Any:
    """Returns the class of the page's example, with a secret of ours and without its server."""
    (code,) = re.findall(r"```python\n(.*?)```", CONTRACTS.read_text(), flags=re.DOTALL)
    assert code.count("whsec_...") == 1
    lines = [line for line in code.replace("whsec_...", secret).splitlines() if "serve_forever" not in line]
    names: dict[str, Any] = {}
    exec("\n".join(lines), names)
    names["Receiver"].log_message = lambda *_arguments: None
    return names["Receiver"]


def test_the_printed_receiver_takes_what_is_signed_and_refuses_the_rest(
    cast: Cast, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.WEBHOOK_ALLOW_HTTP = settings.WEBHOOK_ALLOW_PRIVATE_ADDRESSES = True
    server = ThreadingHTTPServer(("127.0.0.1", 0), object)  # type: ignore[arg-type]
    who: Any = {"by": Principal(user=cast.anna), "at": timezone.now()}
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    endpoint, secret = add_endpoint(account=cast.store.account, url=url, **who)
    server.RequestHandlerClass = printed_receiver(secret)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        taken = happened(cast.store)
        works()
        rotate_secret(endpoint=endpoint, overlap=OVERLAP_USUAL, **who)
        still_taken = happened(cast.store)
        works()
        endpoint.secrets.filter(expires_at__isnull=False).update(expires_at=timezone.now())
        refused = happened(cast.store)
        works()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert [of(event).state for event in (taken, still_taken)] == [DeliveryState.DELIVERED] * 2
    assert (of(refused).state, of(refused).last_status) == (DeliveryState.WAITING, 401)
    assert "settlement.counting 1337" in capsys.readouterr().out
