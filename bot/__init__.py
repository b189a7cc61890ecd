"""An unattended portfolio rebalancer for Interactive Brokers accounts."""
