"""Bills of a few countries, with sums that were worked out by hand: each test is an example to read."""
