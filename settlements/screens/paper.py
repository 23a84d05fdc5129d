"""The paper sizes for the vault's slips."""

from typing import Any, Final

from django.http import Http404, HttpRequest

from settlements.screens.vault_forms import path_within

PAPERS: Final = {"slip": "80 mm", "a6": "A6", "a5": "A5", "a4": "A4"}


def paper_asked(request: HttpRequest) -> str:
    """Returns the paper in `?paper=`, by default the roll of a receipt printer. Raises Http404 for an unknown paper."""
    paper = request.GET.get("paper", "slip")
    if paper not in PAPERS:
        raise Http404
    return paper


def papers_of(request: HttpRequest, page: str, *named: Any) -> dict[str, Any]:
    """Returns the context of a page with a slip: its paper, and links to the other papers."""
    paper = paper_asked(request)
    papers = [
        {"name": name, "path": path_within(request, page, *named, paper=code), "is_this": code == paper}
        for code, name in PAPERS.items()
    ]
    return {"paper": paper, "papers": papers}
