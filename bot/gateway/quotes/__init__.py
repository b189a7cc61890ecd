"""Lines of market data: who gets which kind, what a tick says, and when it is sent."""
