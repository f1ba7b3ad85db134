"""The service around the product: settings, embedded servers, processes, health checks."""
