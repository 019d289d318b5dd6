"""Files of customers, orders, products, returns, events and consents become records of the workspace."""
