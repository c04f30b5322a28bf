"""What makes a machine look at a stack regularly, as texts of cron or systemd."""
