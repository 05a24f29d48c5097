pytest_plugins = ["conformance.kit"]
