"""A stand-in for Twilio on loopback: for the demo, for app developers, for tests of bad days."""
