"""Change orders in a storm: several managers receive and cancel one order at once, each in their own browser."""

from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

from tests.storms.browser import Browser, Form, units
from tests.storms.till import all_at_once
from tests.storms.trading import Storm

ORDER = "/vault/orders/new"


def order_and_receive(storm: Storm, office: Sequence[Browser], arrived: list[int]) -> None:
    """Orders change, again and again. The first browser cancels each order while all others receive it.

    Each browser types an amount that no other request uses. Appends the amounts whose page says that they were booked:
    at most one per order.
    """
    amount = 0
    while not storm.is_over:
        made = office[0].send(Form(path=ORDER, fields={**office[0].get(ORDER).hidden, "amount": "66.00"}))
        if made.status != 303:
            storm.faults.append(f"an order was answered {made.status}: {made.text[:500]}")
            return
        order = urlsplit(made.leads_to).path
        cancel = f"{order}/cancel"
        forms = [Form(path=cancel, fields={**office[0].get(cancel).hidden, "reason": "enough"})]
        said = [0]
        for browser in office[1:]:
            amount += 1
            said.append(amount)
            typed = {"amount": units(amount), "step": f"book-{amount}"}
            arrive = f"{order}/arrive"
            forms.append(Form(path=arrive, fields={**browser.get(arrive).hidden, **typed}))
        pages = all_at_once([partial(browser.send, form) for browser, form in zip(office, forms, strict=True)])
        if sorted(page.status for page in pages) != [303] + [409] * (len(office) - 1):
            storm.faults.append(f"those who ended an order were answered {[page.status for page in pages]}")
        arrived += [said[number] for number, page in enumerate(pages) if "notice=arrived" in page.leads_to]
