"""Who calls, and what they may do: sessions of the page, API keys, rates."""
