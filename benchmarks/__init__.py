"""What `make bench` runs: a seeded province, the product's own paths, and the plain-SQL floor beside each."""
