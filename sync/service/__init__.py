"""One service under every face: it puts the rooms together, and knows no terminal, page or queue."""
