"""What no single module can own: conventions, isolation, the gate, permissions, OpenAPI, journeys, the browser."""
