"""How people are reached, who they are on paper, and who pays for them."""
