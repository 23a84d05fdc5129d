"""The redirect after the sign-in to the back office, with and without a requested page."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD
from tests.stories import Cast


@pytest.mark.parametrize("wanted", [None, "", "https://evil.example/", "/admin/"])
def test_signing_in_leads_to_a_page(cast: Cast, wanted: str | None) -> None:
    browser = Client()
    typed = {"username": "anna", "password": PASSWORD} | ({} if wanted is None else {"next": wanted})
    answer = browser.post(reverse("admin:login"), typed, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain
    assert "evil" not in answer.redirect_chain[-1][0]
