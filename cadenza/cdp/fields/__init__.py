"""Which fields there are: of people, orders, order lines, products and events, each with its type and its duties."""
