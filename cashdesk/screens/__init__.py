"""The cashier's pages: sign-in, the desk, and the forms of a drawer."""
