"""Contacts and visits, contact officers, help that was asked for, channels."""
