"""Whether answers stay quick over years: the plans of the statements behind each list and report."""
