"""The reference product's API: named operations over customers, product lists and orders, in JSON and in XML."""
