"""Tests of paying through the gateway Midtrans, against a double that speaks its documented contract."""
