"""Every message on the bus, declared once: class, subject, owner, version and delivery."""
