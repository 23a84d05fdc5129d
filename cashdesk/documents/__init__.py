"""Documents: a report is described once, as rows and sections, and written as a page, PDF, CSV or XLSX."""
