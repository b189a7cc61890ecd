"""What trading costs: commissions, half the spread, impact."""
