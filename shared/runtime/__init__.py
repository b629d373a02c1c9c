"""What every service process needs: settings, logs, metrics, tracing, health, lifecycle and a clock."""
