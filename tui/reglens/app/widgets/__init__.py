"""The widgets: each draws what it is given and tells upwards what the person did."""
